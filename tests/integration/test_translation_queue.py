"""The same requests by queue: the same answers and the same errors as by HTTP."""

import json

import pytest

from functions.translation.operations import SERVICE
from functions.translation.service import TranslationService
from functions.translation.worker import handler as worker
from tests.integration.test_translation_http import BESTELLUNG, ORDER, call
from tests.stored import stored_jobs

BODIES = {
    "one": {"text": ORDER, "source": "en", "target": "de"},
    "several": {"texts": [ORDER, "", BESTELLUNG], "target": "de", "alternatives": 1},
    "between": {"text": BESTELLUNG, "target": "fr", "beam_size": 2},
    "html": {"text": "<p>Where is <b>it</b>?</p>", "target": "es", "format": "html"},
    "wide space": {"text": "I take plan B\xa0. Thanks", "source": "en", "target": "de"},
    "empty html": {"text": "", "target": "es", "format": "html"},
    "unsupported": {"text": "私の注文はどこですか", "target": "de"},
    "too long": {"text": "x" * 10_001, "target": "de"},
    "65 texts": {"texts": ["hi"] * 65, "target": "de"},
    "unknown target": {"text": ORDER, "target": "xx"},
    "no target": {"text": ORDER},
}
FAILING = {"too long", "65 texts", "unknown target", "no target", "malformed"}


def by_queue(raws, context):
    records = [{"messageId": name, "body": raw} for name, raw in raws.items()]
    answer = worker({"Records": records}, context)
    failed = [item["itemIdentifier"] for item in answer["batchItemFailures"]]
    return failed, stored_jobs(list(raws))


@pytest.fixture
def runs(monkeypatch):
    """How many requests each call of the service had."""
    counts: list[int] = []
    translate = TranslationService.translate

    def counted(service, requests):
        counts.append(len(requests))
        return translate(service, requests)

    monkeypatch.setattr(SERVICE.default, "handle", counted)
    return counts


@pytest.mark.parametrize("name", BODIES)
def test_queue_and_http_agree(name, context):
    status, body, _ = call("POST", "/v1/translate", context, BODIES[name])
    failed, stored = by_queue({name: json.dumps(BODIES[name])}, context)
    assert failed == ([name] if name in FAILING else [])
    assert status == (422 if name in FAILING else 200)
    assert stored[name].status == ("failed" if name in FAILING else "succeeded")
    mine = dict(stored[name].body)
    body.pop("request_id", None)
    mine.pop("request_id", None)
    assert mine == body


def test_all_of_them_in_one_batch_with_a_malformed_record(context, runs):
    raws = {name: json.dumps(body) for name, body in BODIES.items()} | {"malformed": "{"}
    failed, stored = by_queue(raws, context)
    assert len(failed) == len(FAILING)
    assert set(failed) == FAILING
    assert set(stored) == set(raws)
    assert runs == [len(raws) - 2]  # all that fit the schema in one call
    for name in set(BODIES) - FAILING:
        assert stored[name].body == call("POST", "/v1/translate", context, BODIES[name])[1]


def test_answers_and_reasons_are_stored_under_the_message_id(context):
    raws = {"good": json.dumps(BODIES["one"]), "bad": "{", "odd": json.dumps({"text": "a"})}
    failed, stored = by_queue(raws, context)
    assert sorted(failed) == ["bad", "odd"]
    assert stored["good"].body["translations"][0]["text"] == BESTELLUNG
    assert stored["bad"].body["type"].endswith(":malformed-json")
    assert stored["odd"].body["errors"] == [{"pointer": "/target", "detail": "Field required"}]


def test_a_duplicate_is_answered_from_the_store(context, runs):
    raws = {"m1": json.dumps(BODIES["one"])}
    _, first = by_queue(raws, context)
    failed, second = by_queue(raws, context)
    assert (failed, second) == ([], first)
    assert runs == [1]


def test_a_failed_message_is_tried_again(context, runs):
    raws = {"m1": json.dumps(BODIES["unknown target"])}
    assert by_queue(raws, context)[0] == by_queue(raws, context)[0] == ["m1"]
    assert runs == [1, 1]


def test_one_that_breaks_the_service_does_not_harm_its_neighbours(context, monkeypatch):
    translate = TranslationService.translate

    def breaking(service, requests):
        if any(request.target == "fr" for request in requests):
            raise RuntimeError("broken")
        return translate(service, requests)

    monkeypatch.setattr(SERVICE.default, "handle", breaking)
    raws = {name: json.dumps(BODIES[name]) for name in ("one", "between", "html")}
    failed, stored = by_queue(raws, context)
    assert failed == ["between"]
    assert stored["one"].body["translations"][0]["text"] == BESTELLUNG
    assert stored["between"].body["status"] == 500
