"""A warm API handler that is called again and again: run by `benchmarks.endurance`.

    python -P -u benchmarks/endurance_process.py HANDLER WORK.json

WORK.json names the phase and holds its requests. It prints lines of JSON: ``{"done": calls}`` now
and then, and at the end what was measured, with the number of answers by status.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any, TextIO

import numpy as np

STEPS = 20  # readings of the resident set, after the one at the start
REPORTS = 100  # of progress
RARE = 100  # one request of so many is invalid, another one has an idempotency key
TIMEOUT_MS = 30_000
NUMBER = "#NUMBER#"  # in a body: a number of four digits that changes with every call
REFUSED = (400, 422)
CONTROL_SIZE = 64  # rows: small enough to leave the model where it is in the processor's caches
Work = dict[str, Any]


def control_unit() -> float:
    """A short computation, always the same: about half interpreter and half numpy."""
    matrix = np.full((CONTROL_SIZE, CONTROL_SIZE), 0.5, np.float32)
    total = float((matrix @ matrix).sum())
    for number in range(1_000):
        total += number
    return total


def timed_ms(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e3


def resident_bytes() -> int:
    """The resident set of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (found,) = (line.split() for line in lines if line.startswith("VmRSS:"))
    return int(found[1]) * 1024


class Context:
    """Lambda's context of one invocation."""

    def __init__(self, request_id: str) -> None:
        self.aws_request_id = request_id

    def get_remaining_time_in_millis(self) -> int:
        """Always the whole timeout."""
        return TIMEOUT_MS


class Caller:
    """Calls the handler as Lambda would.

    Args:
        handler: the module and the name in it.
        event: that every call's is made of.
    """

    def __init__(self, handler: str, event: dict[str, Any]) -> None:
        module, _, name = handler.rpartition(".")
        self._handler = getattr(import_module(module), name)
        self._event, self._calls = event, 0
        self.statuses: Counter[int] = Counter()

    def ms(self, body: str, **headers: str) -> float:
        """Milliseconds of one call; every one has an id of its own."""
        self._calls += 1
        request_id = f"00000000-0000-4000-8000-{self._calls:012d}"
        event = {
            **self._event,
            "headers": {**self._event["headers"], **headers},
            "requestContext": {**self._event["requestContext"], "requestId": request_id},
            "body": body,
        }
        context = Context(request_id)
        start = time.perf_counter()
        answer = self._handler(event, context)
        taken_ms = (time.perf_counter() - start) * 1e3
        self.statuses[answer["statusCode"]] += 1
        return taken_ms


def latency(caller: Caller, work: Work, done: Callable[[int], None]) -> dict[str, Any]:
    """Milliseconds of different requests, of one that is repeated, and of the control, in turn."""
    bodies, repeated = work["bodies"], work["repeated"]
    usual_ms = median([caller.ms(bodies[n % len(bodies)]) for n in range(work["warm_up"])])
    caller.statuses.clear()
    units = max(1, round(usual_ms / median([timed_ms(control_unit) for _ in range(200)])))

    def control() -> None:
        for _ in range(units):
            control_unit()

    times: dict[str, list[float]] = {"different": [], "repeated": [], "control": []}
    for number in range((work["calls"] + 1) // 2):
        times["different"].append(caller.ms(bodies[number % len(bodies)]))
        times["control"].append(timed_ms(control))
        times["repeated"].append(caller.ms(repeated))
        done(2 * number + 2)
    return {"ms": times}


def growth(caller: Caller, work: Work, done: Callable[[int], None]) -> dict[str, Any]:
    """The resident set at the start and after each twentieth of the calls."""
    bodies, calls = work["bodies"], work["calls"]
    marks = {round(calls * step / STEPS) for step in range(1, STEPS + 1)}
    readings = [(0, resident_bytes())]
    for number in range(1, calls + 1):
        body = bodies[number % len(bodies)].replace(NUMBER, str(1_000 + number % 9_000))
        if number % RARE == 0:
            caller.ms(work["invalid"])
        elif number % RARE == RARE // 2:
            caller.ms(body, **{"idempotency-key": f"endurance-{number}"})
        else:
            caller.ms(body)
        done(number)
        if number in marks:
            readings.append((number, resident_bytes()))
    return {"resident_bytes": readings}


def check(statuses: Counter[int], invalid: int) -> None:
    """See that so many requests were refused as invalid, and all others answered.

    Raises:
        RuntimeError: that is not so.
    """
    refused = sum(statuses[status] for status in REFUSED)
    if refused != invalid or refused + statuses[200] != statuses.total():
        raise RuntimeError(f"{invalid} requests were invalid; statuses: {dict(statuses)}")


def answers_to_parent() -> TextIO:
    """Standard output, which from here on is the null device for all others: they log to it."""
    told = os.fdopen(os.dup(1), "w", encoding="ascii")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    return told


def main(handler: str, path: str) -> None:
    told = answers_to_parent()
    work: Work = json.loads(Path(path).read_text(encoding="utf-8"))
    every = max(2, work["calls"] // REPORTS // 2 * 2)

    def done(calls: int) -> None:
        if calls % every == 0:
            print(json.dumps({"done": calls}), file=told, flush=True)

    caller = Caller(handler, work["event"])
    found = {"latency": latency, "growth": growth}[work["phase"]](caller, work, done)
    check(caller.statuses, work["calls"] // RARE if work["phase"] == "growth" else 0)
    print(json.dumps({**found, "statuses": caller.statuses}), file=told, flush=True)


if __name__ == "__main__":
    if "--help" in sys.argv:
        print(__doc__)
    else:
        main(*sys.argv[1:])
