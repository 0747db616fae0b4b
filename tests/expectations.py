"""What each file in events/ must come to, and how to check an answer against it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from shared.version import VERSION

EVENTS_DIR = Path(__file__).resolve().parent.parent / "events"
EXPECTED_FILE = "expected.json"
EXPECTED: dict[str, dict[str, Any]] = json.loads((EVENTS_DIR / EXPECTED_FILE).read_text())
EVENT_NAMES = sorted(path.name for path in EVENTS_DIR.glob("*.json") if path.name != EXPECTED_FILE)
WORKER_KINDS = {"sqs", "bulk"}
ITEM_KINDS = {"items", "contains_items", "lacks_items", "top", "because"}
EVENT_COUNTS = {"recorded", "duplicates"}


def load_event(name: str) -> dict[str, Any]:
    """The event of one file."""
    event: dict[str, Any] = json.loads((EVENTS_DIR / name).read_text())
    return event


def handler_of(name: str) -> str:
    """Dotted path of the handler that an event is for, by its file name."""
    service, kind = name.removesuffix(".json").split("_")[:2]
    return f"functions.{service}.{'worker' if kind in WORKER_KINDS else 'api'}.handler"


def outcome(result: dict[str, Any]) -> str:
    """The intent's name, or the reason of the abstention."""
    return str(result["intent"]["name"] if result["intent"] else result["abstained"]["reason"])


def outcomes(body: dict[str, Any]) -> list[str]:
    """That of each result."""
    return [outcome(result) for result in body["results"]]


def _slots(result: dict[str, Any]) -> dict[str, str]:
    """The slots of one text by name, as plain values, or as words where they have none."""
    return {slot["name"]: slot.get("value") or slot["text"] for slot in result["slots"]}


# What is told of a text, by the name that `EXPECTED` has for it.
TOLD: dict[str, Callable[[dict[str, Any]], Any]] = {
    "intents": outcome,
    "slots": _slots,
    "denied": lambda result: result["abstained"]["denied"]["name"],
    "competing": lambda result: [x["name"] for x in result["abstained"]["competing"]],
}


def translations(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Per text its translation, also of a response in LibreTranslate's shape."""
    if "translations" in body:
        return list(body["translations"])
    names = {"translatedText": "text", "detectedLanguage": "source", "alternatives": "alternatives"}
    found = {names[name]: value for name, value in body.items()}
    if isinstance(found["text"], str):
        return [found]
    return [dict(zip(found, values, strict=True)) for values in zip(*found.values(), strict=True)]


def check_translation(expected: dict[str, Any], translation: dict[str, Any]) -> None:
    """Compare one translation; one of which no ``untranslated`` is stated must be none.

    Args:
        expected: ``text``, the whole of it; ``contains``, parts of it; ``source``, the language's
            code; ``untranslated``, the reason; ``alternatives``, how many; ``terms``, how often
            each term of the glossary was used.
        translation: the answer's.
    """
    text = translation["text"]
    assert text == expected.get("text", text)
    assert [part for part in expected.get("contains", []) if part not in text] == [], text
    assert translation.get("untranslated", {}).get("reason") == expected.get("untranslated")
    if "source" in expected:
        assert translation["source"]["language"] == expected["source"]
    if "alternatives" in expected:
        others = translation["alternatives"]
        assert len({text, *others}) == 1 + len(others) == 1 + expected["alternatives"]
    if "terms" in expected:
        used = {term["source"]: term["count"] for term in translation["glossary_applied"]}
        assert used == expected["terms"]


def check_items(expected: dict[str, Any], items: list[dict[str, Any]]) -> None:
    """Compare recommended items, not their order: that is the model's.

    Args:
        expected: ``items``, how many; ``contains_items`` and ``lacks_items``, ids; ``top``, the
            first one's id; ``because``, ids of the history of which each item names one or more.
        items: the answer's.
    """
    ids = [item["item_id"] for item in items]
    assert len(set(ids)) == len(ids) == expected.get("items", len(ids))
    assert [id_ for id_ in expected.get("contains_items", []) if id_ not in ids] == [], ids
    assert [id_ for id_ in expected.get("lacks_items", []) if id_ in ids] == []
    if "top" in expected:
        assert ids[0] == expected["top"]
    if "because" in expected:
        for item in items:
            causes = {cause["item_id"] for cause in item["because"]}
            assert causes, item
            assert causes <= set(expected["because"])


def check_results(expected: dict[str, Any], body: dict[str, Any]) -> None:
    """Compare the part of a response that its service is for."""
    if ITEM_KINDS & expected.keys():
        check_items(expected, body["items"])
    for name in EVENT_COUNTS & expected.keys():
        assert body[name] == expected[name], name
    for name in TOLD.keys() & expected.keys():
        assert [TOLD[name](result) for result in body["results"]] == expected[name], name
    if "translations" in expected:
        for wanted, found in zip(expected["translations"], translations(body), strict=True):
            check_translation(wanted, found)
    if "warnings" in expected:
        for wanted, found in zip(expected["warnings"], body["warnings"], strict=True):
            assert wanted in found
    if "detected" in expected:
        likely = [(*detection["languages"], {})[0] for detection in body["detections"]]
        assert [found.get("language") for found in likely] == expected["detected"]
    if "languages" in expected:
        assert [language["code"] for language in body["languages"]] == expected["languages"]


def check_body(expected: dict[str, Any], body: dict[str, Any]) -> None:
    """Compare a response or problem document."""
    check_results(expected, body)
    if "problem" in expected:
        assert body["type"].endswith(":" + expected["problem"])
        assert body["status"] == expected["status"]
    if "limit" in expected:
        assert body["limit"] == expected["limit"]
        assert body["received"] > body["allowed"]
    if "job" in expected:
        assert body["status"] == expected["job"]
    if "warm" in expected:
        assert body["warm"] is expected["warm"]
    if "members" in expected:
        assert expected["members"].items() <= body.items()
    if expected.get("version"):
        assert body["version"] == VERSION


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
    elif kind == "bulk":
        for wanted, line in zip(expected["lines"], answer["results"], strict=True):
            check_body(wanted, line["problem" if "problem" in wanted else "result"])
    else:
        check_body(expected, answer)


def check_stored(name: str, bodies: Mapping[str, dict[str, Any]]) -> None:
    """Compare what a worker kept for the event ``name``, by message id."""
    for message_id, expected in EXPECTED[name].get("stored", {}).items():
        check_body(expected, bodies[message_id])
