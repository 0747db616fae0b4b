"""A timed process: answers each line on its input with the milliseconds of one block of calls.

The parent asks its processes in turn, so that a drift of the machine's speed meets all alike.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Timed = Mapping[str, Callable[[list[str]], object]]


def time_block(timed: Timed, batches: Sequence[list[str]]) -> dict[str, list[float]]:
    """Milliseconds of every way on every batch, one way after the other.

    A way that follows another one at once would find the processor's caches full of that one's
    weights, and one that is alone in its process its own.
    """
    times: dict[str, list[float]] = {name: [] for name in timed}
    for name, call in timed.items():
        for batch in batches:
            start = time.perf_counter()
            call(batch)
            times[name].append((time.perf_counter() - start) * 1e3)
    return times


def serve(
    make: Callable[[], Timed], batches: Callable[[int], Sequence[list[str]]] | None = None
) -> None:
    """Run blocks as asked on standard input until it ends.

    Args:
        make: what is timed.
        batches: what it is called with, by the size of a batch; the benchmarks' texts if absent.
    """
    from benchmarks import texts

    called_with = batches or texts.batches
    timed = make()
    for line in sys.stdin:
        size = int(line)
        print(json.dumps(time_block(timed, called_with(size))), flush=True)


class Process:
    """A child that `serve`s.

    Args:
        command: of the child.
        env: its environment.
    """

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
        )

    def block(self, size: int) -> dict[str, list[float]]:
        """One block with batches of ``size`` texts."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(f"{size}\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"the timed process ended: {self._child.args!r}")
        times: dict[str, list[float]] = json.loads(line)
        return times

    def close(self) -> None:
        """End the child."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait()


def percentile(values: Sequence[float], fraction: float) -> float:
    """Nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(fraction * (len(ordered) - 1)))]


def summary(values: Sequence[float]) -> dict[str, Any]:
    """p50, p99 and the number of calls."""
    return {
        "p50_ms": round(percentile(values, 0.5), 3),
        "p99_ms": round(percentile(values, 0.99), 3),
        "calls": len(values),
    }
