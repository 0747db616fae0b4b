"""Run by test_faults.py in a process whose stores are on a disk of 4 MB: what is told, and kept.

python -m tests.integration.full_disk "at the start"|later
"""

import json
import os
import sys
import types
from pathlib import Path

from functions.recommendation.history import get_history_store
from tests.calls import post

EVENTS = 30
START_S = 1_790_000_000
QUESTION = {"text": "hi"}
CONTEXT = types.SimpleNamespace(
    aws_request_id="r",
    function_name="f",
    memory_limit_in_mb=1024,
    get_remaining_time_in_millis=lambda: 30_000,
)


def call(service: str, path: str, body: object, **headers: str) -> list[object]:
    """Status of a POST, and the kind of problem that it met."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    status, answer, _ = post(service, path, body, CONTEXT, sent)
    return [status, answer.get("type", "").rpartition(":")[2]]


def record(number: int) -> list[object]:
    event = {"user_id": "ann", "item_id": "22697", "timestamp": START_S + number}
    return [number, call("recommendation", "/v1/events", {"event": event})]


def ask(key: str) -> dict[str, list[object]]:
    return {
        "at once": call("intent", "/v1/intent", QUESTION),
        "by key": call("intent", "/v1/intent", QUESTION, idempotency_key=key),
        "later": call("intent", "/v1/intent", QUESTION, prefer="respond-async"),
    }


def fill(path: Path) -> int | None:
    """Leave no room on the disk; how that was told."""
    with path.open("wb", buffering=0) as file:
        for _ in range(10**6):
            try:
                file.write(bytes(512))
            except OSError as error:
                return error.errno
    return None


def main(when: str) -> dict[str, object]:
    """Fill the disk, before the stores are there or after, and empty it again."""
    filler, events = Path(os.environ["DISK"]) / "filler", []
    if when == "later":
        events += [record(number) for number in range(5)]
        ask("before")
    refusal = fill(filler)
    events += [record(number) for number in range(5, EVENTS)]
    for number in range(EVENTS):  # the logs have room for some more
        full = ask(f"full-{number}")
        if full["by key"][0] == full["later"][0] == 503:
            break
    filler.unlink()
    events += [record(number) for number in range(EVENTS, EVENTS + 5)]
    kept = get_history_store().newest("ann", 2 * EVENTS)
    return {
        "errno": refusal,
        "events": events,
        "full": full,
        "room again": ask("after"),
        "kept": [event.timestamp - START_S for event in kept],
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
