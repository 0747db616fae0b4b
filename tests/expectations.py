"""What each file in events/ must come to, and how to check an answer against it."""

import json
from pathlib import Path
from typing import Any

EVENTS_DIR = Path(__file__).resolve().parent.parent / "events"
EXPECTED_FILE = "expected.json"
EXPECTED: dict[str, dict[str, Any]] = json.loads((EVENTS_DIR / EXPECTED_FILE).read_text())
EVENT_NAMES = sorted(path.name for path in EVENTS_DIR.glob("*.json") if path.name != EXPECTED_FILE)


def load_event(name: str) -> dict[str, Any]:
    """The event of one file."""
    event: dict[str, Any] = json.loads((EVENTS_DIR / name).read_text())
    return event


def handler_of(name: str) -> str:
    """Dotted path of the handler that an event is for, by its file name."""
    service, kind = name.removesuffix(".json").split("_")[:2]
    return f"functions.{service}.{'worker' if kind == 'sqs' else 'api'}.handler"


def outcomes(body: dict[str, Any]) -> list[str]:
    """Per result the intent's name, or the reason of the abstention."""
    return [
        result["intent"]["name"] if result["intent"] else result["abstained"]["reason"]
        for result in body["results"]
    ]


def check_body(expected: dict[str, Any], body: dict[str, Any]) -> None:
    """Compare a response or problem document."""
    if "intents" in expected:
        assert outcomes(body) == expected["intents"]
    if "problem" in expected:
        assert body["type"].endswith(":" + expected["problem"])
        assert body["status"] == expected["status"]
    if "limit" in expected:
        assert body["limit"] == expected["limit"]
        assert body["received"] > body["allowed"]
    if "warm" in expected:
        assert body["warm"] is expected["warm"]


def check_answer(name: str, answer: dict[str, Any]) -> None:
    """Compare what a handler returned for the event ``name``."""
    expected = EXPECTED[name]
    kind = name.split("_")[1].removesuffix(".json")
    if kind == "http":
        assert answer["statusCode"] == expected["status"], answer
        check_body(expected, json.loads(answer["body"]))
    elif kind == "sqs":
        failed = [item["itemIdentifier"] for item in answer["batchItemFailures"]]
        assert failed == expected["failures"]
    else:
        check_body(expected, answer)
