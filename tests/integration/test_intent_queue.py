"""The same requests by queue: the same answers and the same errors as by HTTP."""

import json

import pytest

from functions.intent.api import handler
from functions.intent.worker import handler as worker
from tests.expectations import load_event
from tests.stored import stored_jobs

BODIES = {
    "track an order": {"text": "where is my package?"},
    "a refund": {"text": "I want my money back"},
    "a greeting": {"text": "hi there"},
    "the weather": {"text": "what is the weather in Berlin tomorrow?"},
    "German": {"text": "Wo ist meine Bestellung?"},
    "Polish": {"text": "Gdzie jest moja paczka, czekam już tydzień?"},
    "a slot": {"text": "Bitte storniert meine Bestellung 48213", "country": "DE"},
    "denied": {"text": "please don't cancel my order"},
    "two wishes": {"text": "J'ai oublié mon mot de passe. Et vous livrez en Suisse ?"},
    "empty": {"text": ""},
    "10,000 characters": {"text": "x" * 10_000},
    "emoji only": {"text": "😀📦"},
    "65 texts": {"texts": ["hi"] * 65},
    "both": {"text": "a", "texts": ["b"]},
    "explained": {"text": "please cancel my order", "explain": True, "top_k": 1},
}


def by_http(raw, context):
    answer = handler(load_event("intent_http.json") | {"body": raw}, context)
    return answer["statusCode"], json.loads(answer["body"])


def by_queue(raws, context):
    records = [{"messageId": name, "body": raw} for name, raw in raws.items()]
    answer = worker({"Records": records}, context)
    failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
    return failed, stored_jobs(list(raws))


@pytest.mark.parametrize("name", BODIES)
def test_queue_and_http_agree(name, context):
    raw = json.dumps(BODIES[name])
    status, body = by_http(raw, context)
    failed, stored = by_queue({name: raw}, context)
    assert (name in failed) == (status >= 400)
    problem = dict(stored[name].body)
    body.pop("request_id", None)
    problem.pop("request_id", None)
    assert problem == body


def test_all_of_them_in_one_batch_with_a_malformed_record(context):
    raws = {name: json.dumps(body) for name, body in BODIES.items()} | {"malformed": "{"}
    failed, stored = by_queue(raws, context)
    assert failed == {"10,000 characters", "65 texts", "both", "malformed"}
    assert set(stored) == set(raws)
    for name in set(BODIES) - failed:
        alone = by_http(raws[name], context)[1]
        for mine, other in zip(stored[name].body["results"], alone["results"], strict=True):
            assert (mine["intent"] or {}).get("name") == (other["intent"] or {}).get("name")
            assert (mine["abstained"] or {}).get("reason") == (other["abstained"] or {}).get(
                "reason"
            )
