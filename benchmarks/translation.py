"""How fast is translation beside its peers, on the same weights, in one run?

python -m benchmarks.translation --peer-python .venv-train/bin/python
"""

import argparse
import json
import os
import subprocess
import sys
from statistics import median
from typing import Any

from benchmarks.blocks import percentile
from benchmarks.latency import ONE_THREAD
from benchmarks.machine import packages_of, write
from benchmarks.translation_blocks import COUNT, model_folder
from shared.models.spec import read_spec

SIZES = (1, 8, 32)
BEAMS = (1, 4)
THREADS = (1, 2)

Found = dict[str, list[tuple[float, int]]]


class Process:
    """A child that serves `benchmarks.translation_blocks`' protocol."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=env,
        )

    def ask(self, size: int, beams: int) -> Found:
        """Milliseconds and tokens of each batch, by way."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps({"size": size, "beams": beams}) + "\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"the timed process ended: {self._child.args!r}")
        found: Found = json.loads(line)
        return found

    def close(self) -> None:
        """End the child."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait()


def summary(rounds: list[list[tuple[float, int]]]) -> dict[str, float]:
    """Figures of one way: latency of a batch, and the median round's throughput."""
    batches = [ms for found in rounds for ms, _ in found]
    return {
        "p50_ms": round(percentile(batches, 0.5), 3),
        "p99_ms": round(percentile(batches, 0.99), 3),
        "sentences_per_s": round(median(COUNT / _seconds(found) for found in rounds), 1),
        "tokens_per_s": round(
            median(sum(n for _, n in found) / _seconds(found) for found in rounds), 1
        ),
        "rounds": len(rounds),
    }


def _seconds(found: list[tuple[float, int]]) -> float:
    return sum(ms for ms, _ in found) / 1e3


def measure(processes: dict[Process, int], size: int, beams: int) -> dict[str, Any]:
    """Every way at one size; processes take turns.

    A process's first round only warms up, unless it has just one: those take so long that a
    warm-up is lost in it.
    """
    rounds: dict[str, list[list[tuple[float, int]]]] = {}
    for number in range(max(processes.values()) + 1):
        for process, wanted in processes.items():
            if number <= wanted and (number or wanted > 1):
                for name, found in process.ask(size, beams).items():
                    if number:
                        rounds.setdefault(name, []).append(found)
    return {name: summary(found) for name, found in rounds.items()}


def main(argv: list[str] | None = None) -> None:
    """Measure and write results/translation.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer-python", default=".venv-train/bin/python")
    parser.add_argument("--rounds", type=int, default=7, help="of this project and CTranslate2")
    parser.add_argument("--slow-rounds", type=int, default=1, help="of torch and optimum")
    parser.add_argument("--threads", type=int, nargs="+", default=THREADS)
    args = parser.parse_args(argv)
    result: dict[str, Any] = {}
    for threads in args.threads:
        env = {
            **os.environ,
            **ONE_THREAD,
            "OMP_NUM_THREADS": str(threads),
            "INTRA_OP_THREADS": str(threads),
        }
        peer = [args.peer_python, "-m", "benchmarks.peers.translators"]
        processes = {
            Process([sys.executable, "-m", "benchmarks.ours_translation"], env): args.rounds,
            Process([*peer, "fast", str(threads)], env): args.rounds,
            Process([*peer, "slow", str(threads)], env): args.slow_rounds,
        }
        result[str(threads)] = {
            str(beams): {str(size): measure(processes, size, beams) for size in SIZES}
            for beams in BEAMS
        }
        for process in processes:
            process.close()
    document = {
        "model": read_spec(model_folder()).identifier,
        "peer_packages": packages_of(args.peer_python),
        "sentences": COUNT,
        "threads": result,
    }
    print(f"wrote {write('translation', 'make bench', document).name}")


if __name__ == "__main__":
    main()
