"""A warm worker that is given batches as asked: run by `benchmarks.queue_batches`.

    python -P -u benchmarks/queue_batches_process.py HANDLER WORK.json SIZE [LATENCY_MS]

It answers each line on its input, which is a number of batches, with a line of JSON: the
milliseconds of each, how many of them were spent in the store of jobs, and the peak of the resident
set so far.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

TIMEOUT_MS = 30_000
STORE = ("claim", "succeed")  # of a batch: before and after the work
REQUESTS = ("get", "add", "complete", "delete")  # each is one


class Context:
    """Lambda's context of one invocation, which has the whole timeout."""

    aws_request_id = "00000000-0000-4000-8000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return TIMEOUT_MS


def records(record: dict[str, Any], bodies: list[str]) -> Iterator[dict[str, Any]]:
    """Messages without end, each with an id of its own, over the bodies in turn."""
    for number, body in enumerate(cycle(bodies)):
        yield {**record, "messageId": f"00000000-0000-4000-8000-{number:012d}", "body": body}


class Stopwatch:
    """Milliseconds spent in some calls since it was last read."""

    def __init__(self) -> None:
        self._ms = 0.0

    def timing(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, timed."""

        def timed(*args: Any) -> Any:
            start = time.perf_counter()
            try:
                return call(*args)
            finally:
                self._ms += (time.perf_counter() - start) * 1e3

        return timed

    def read(self) -> float:
        """The milliseconds, which it then forgets."""
        found, self._ms = self._ms, 0.0
        return found


def peak_bytes() -> int:
    """The largest resident set that this process has had."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (found,) = (line.split() for line in lines if line.startswith("VmHWM:"))
    return int(found[1]) * 1024


def answers_to_parent() -> TextIO:
    """Standard output, which from here on is the null device for all others: they log to it."""
    told = os.fdopen(os.dup(1), "w", encoding="ascii")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    return told


def make_distant(latency_s: float) -> None:
    """Let SQLite answer as a store over the network does: later, and to several at once."""
    records_, aws = import_module("shared.stores.records"), import_module("shared.aws")
    store = import_module("shared.stores.sqlite_records").SqliteRecords
    one_at_a_time = Lock()

    def distant(request: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*args: Any, **given: Any) -> Any:
            time.sleep(latency_s)
            with one_at_a_time:
                return request(*args, **given)

        return ask

    for name in REQUESTS:
        setattr(store, name, distant(getattr(store, name)))

    def each(_: Any, do: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        if len(items) < 2:
            return [do(item) for item in items]
        with ThreadPoolExecutor(min(len(items), aws.MAX_CONNECTIONS)) as pool:
            return list(pool.map(do, items))

    records_.Records.each = each


def main(handler: str, path: str, size: str, latency_ms: str = "0") -> None:
    """Answer until the input ends.

    Raises:
        RuntimeError: a message failed.
    """
    told = answers_to_parent()
    module, _, name = handler.rpartition(".")
    work = getattr(import_module(module), name)
    jobs, store = import_module("shared.queue.jobs").JobStore, Stopwatch()
    for method in STORE:
        setattr(jobs, method, store.timing(getattr(jobs, method)))
    if float(latency_ms):
        make_distant(float(latency_ms) / 1e3)
    asked = json.loads(Path(path).read_text(encoding="utf-8"))
    messages = records(asked["record"], asked["bodies"])
    for line in sys.stdin:
        found: dict[str, list[float]] = {"ms": [], "store_ms": [], "peak_bytes": []}
        for _ in range(int(line)):
            event = {"Records": list(islice(messages, int(size)))}
            start = time.perf_counter()
            answer = work(event, Context())
            found["ms"].append((time.perf_counter() - start) * 1e3)
            found["store_ms"].append(store.read())
            if answer["batchItemFailures"]:
                raise RuntimeError(f"messages failed: {answer}")
        found["peak_bytes"] = [float(peak_bytes())]
        print(json.dumps(found), file=told, flush=True)


if __name__ == "__main__":
    if "--help" in sys.argv:
        print(__doc__)
    else:
        main(*sys.argv[1:])
