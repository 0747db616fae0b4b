"""The same requests by queue: the same answers and the same errors as by HTTP."""

import json
import time

import pytest

from functions.recommendation.api import handler
from functions.recommendation.history import get_history_store
from functions.recommendation.service import get_service
from functions.recommendation.wanted import NO_HISTORY
from functions.recommendation.worker import handler as worker
from shared.errors import StoreUnavailable
from tests.expectations import load_event
from tests.stored import stored_jobs

TEACUPS = [{"item_id": "22697", "event": "purchase"}, {"item_id": "22698"}]
YESTERDAY_S = time.time() - 86_400
BOUGHT = {"user_id": "ann", "item_id": "22697", "event": "purchase", "timestamp": YESTERDAY_S}
RECOMMEND, RERANK, EVENTS = "/v1/recommendations", "/v1/recommendations/rerank", "/v1/events"
BODIES = {
    "teacups": (RECOMMEND, {"history": TEACUPS, "k": 4}),
    "explained": (RECOMMEND, {"history": TEACUPS, "k": 2, "explain": True, "diversity": 0.5}),
    "filtered": (RECOMMEND, {"history": TEACUPS, "filter": {"field": "price", "gt": 5}}),
    "nothing known": (RECOMMEND, {}),
    "unknown item": (RECOMMEND, {"history": [{"item_id": "NO-SUCH"}, *TEACUPS]}),
    "reranked": (RERANK, {"history": TEACUPS, "item_ids": ["84879", "22699", "NO-SUCH"]}),
    "no such field": (RECOMMEND, {"filter": {"field": "size", "eq": 1}}),
    "k of 101": (RECOMMEND, {"k": 101}),
    "1,001 events": (RECOMMEND, {"history": [{"item_id": "a"}] * 1_001}),
    "an empty list": (RERANK, {"item_ids": []}),
    "501 events": (EVENTS, {"events": [BOUGHT] * 501}),
    "event and events": (EVENTS, {"event": BOUGHT, "events": [BOUGHT]}),
}
FAILING = set(list(BODIES)[6:])


def by_http(path, raw, context):
    event = load_event("recommendation_http.json") | {"rawPath": path, "body": raw}
    event["requestContext"]["http"]["path"] = path
    answer = handler(event, context)
    return answer["statusCode"], json.loads(answer["body"])


def by_queue(raws, context):
    records = [{"messageId": name, "body": raw} for name, raw in raws.items()]
    answer = worker({"Records": records}, context)
    failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
    return failed, stored_jobs(list(raws))


def dumped(bodies):
    return {name: json.dumps(body) for name, body in bodies.items()}


def ids(body):
    return [item["item_id"] for item in body["items"]]


@pytest.mark.parametrize("name", BODIES)
def test_queue_and_http_agree(name, context):
    path, body = BODIES[name]
    status, answer = by_http(path, json.dumps(body), context)
    failed, stored = by_queue(dumped({name: body}), context)
    assert (name in failed) == (status >= 400) == (name in FAILING)
    assert stored[name].status == ("failed" if failed else "succeeded")
    problem = dict(stored[name].body)
    own = ("request_id", "recommendation_id")  # which each answer has for itself
    assert len({answer.pop(own[1], None), problem.pop(own[1], None)}) == (1 if failed else 2)
    assert len({answer.pop(own[0], None), problem.pop(own[0], None)}) == (2 if failed else 1)
    assert problem == answer


def test_all_of_them_in_one_batch_with_a_malformed_record(context):
    raws = dumped({name: body for name, (_, body) in BODIES.items()}) | {"malformed": "{"}
    failed, stored = by_queue(raws, context)
    assert failed == FAILING | {"malformed"}
    assert set(stored) == set(raws)
    assert stored["malformed"].body["status"] == 400
    for name in set(BODIES) - FAILING:
        path, body = BODIES[name]
        alone = by_http(path, json.dumps(body), context)[1]
        assert ids(stored[name].body) == ids(alone)
        assert stored[name].body["warnings"] == alone["warnings"]


def test_events_and_requests_in_one_batch(context):
    bodies = {
        "ann": {"user_id": "ann", "k": 100},
        "bob": {"user_id": "bob", "k": 3},
        "bought": {"event": BOUGHT},
        "browsed": {"events": [BOUGHT, BOUGHT | {"item_id": "22698", "event": "view"}]},
        "list": {"user_id": "ann", "item_ids": ["22699", "84879"]},
    }
    failed, stored = by_queue(dumped(bodies), context)
    assert failed == set()
    assert stored["bought"].body == {"recorded": 1, "duplicates": 0, "warnings": []}
    assert stored["browsed"].body == {"recorded": 1, "duplicates": 1, "warnings": []}
    assert stored["ann"].body["warnings"] == stored["list"].body["warnings"] == []
    assert not {"22697", "22698"} & set(ids(stored["ann"].body))
    assert sorted(ids(stored["list"].body)) == ["22699", "84879"]
    assert stored["bob"].body["warnings"] == [NO_HISTORY]
    assert len(get_history_store().newest("ann", 10)) == 2


@pytest.mark.parametrize("raw", ["", "{", "null", "[]", '"22697"', '{"k": 0}', '{"kk": 1}'])
def test_a_malformed_record_alone_fails(raw, context):
    raws = dumped({"before": {"event": BOUGHT}, "after": {"user_id": "ann"}})
    failed, stored = by_queue(
        {"before": raws["before"], "bad": raw, "after": raws["after"]}, context
    )
    assert failed == {"bad"}
    assert stored["bad"].status == "failed"
    assert stored["before"].body["recorded"] == 1
    assert stored["after"].body["warnings"] == []


def test_a_duplicate_delivery_is_answered_from_the_store(context):
    untimed = {"user_id": "ann", "item_id": "22697"}
    raws = dumped({"events": {"events": [untimed, untimed]}, "request": {"user_id": "ann"}})
    first_failed, first = by_queue(raws, context)
    again_failed, again = by_queue(raws, context)
    assert first_failed == again_failed == set()
    assert first["events"].body["recorded"] == 2
    assert again == first
    assert len(get_history_store().newest("ann", 10)) == 2


def test_the_same_event_in_another_message_counts_once(context):
    _, first = by_queue(dumped({"m1": {"event": BOUGHT}}), context)
    _, second = by_queue(dumped({"m2": {"event": BOUGHT}}), context)
    assert (first["m1"].body["recorded"], second["m2"].body["duplicates"]) == (1, 1)
    assert len(get_history_store().newest("ann", 10)) == 1


class AwayStore:
    def record(self, events):
        raise StoreUnavailable("The history store did not answer.")

    def newest(self, user_id, count):
        raise StoreUnavailable("The history store did not answer.")


def test_what_may_succeed_later_is_delivered_again(context, monkeypatch):
    raws = dumped(
        {"event": {"event": BOUGHT}, "ann": {"user_id": "ann"}, "cups": {"history": TEACUPS}}
    )
    with monkeypatch.context() as patch:
        patch.setattr(get_service(), "_store", AwayStore())
        failed, stored = by_queue(raws, context)
    assert failed == {"event", "ann"}
    statuses = {name: job.status for name, job in stored.items()}
    assert statuses == {"cups": "succeeded", "event": "queued", "ann": "queued"}
    failed, stored = by_queue(raws, context)
    assert failed == set()
    assert stored["event"].body["recorded"] == 1
    assert stored["ann"].body["warnings"] == []


class AnswersTooLateStore:
    """Keeps events, and then does not say so."""

    def record(self, events):
        get_history_store().record(events)
        raise StoreUnavailable("The history store did not answer.")


def test_untimed_events_count_once_however_often_their_message_is_delivered(context, monkeypatch):
    event = {"user_id": "ann", "item_id": "22697"}
    sent_ms = int(time.time() * 1e3) - 5_000
    record = {"messageId": "m1", "attributes": {"SentTimestamp": str(sent_ms)}}
    delivery = {"Records": [record | {"body": json.dumps({"events": [event, event]})}]}
    with monkeypatch.context() as patch:
        patch.setattr(get_service(), "_store", AnswersTooLateStore())
        assert worker(delivery, context)["batchItemFailures"] == [{"itemIdentifier": "m1"}]
    assert worker(delivery, context)["batchItemFailures"] == []
    times = [event.timestamp for event in get_history_store().newest("ann", 10)]
    assert times == pytest.approx([sent_ms / 1e3] * 2, abs=0.001)
    assert stored_jobs(["m1"])["m1"].body["duplicates"] == 2


def test_an_unexpected_error_stays_with_its_message(context, monkeypatch):
    service = get_service()
    rank = service.rank

    def broken(requests):
        if any(getattr(request, "k", 0) == 13 for request in requests):
            raise RuntimeError("broken")
        return rank(requests)

    monkeypatch.setattr(service, "rank", broken)
    raws = dumped({"good": {"k": 2}, "bad": {"k": 13}, "event": {"event": BOUGHT}})
    failed, stored = by_queue(raws, context)
    assert failed == {"bad"}
    assert stored["bad"].body["status"] == 500
    assert len(stored["good"].body["items"]) == 2
    assert len(get_history_store().newest("ann", 10)) == 1


def test_an_invocation_without_records_is_refused(context):
    with pytest.raises(Exception, match="Records"):
        worker({"history": TEACUPS}, context)
