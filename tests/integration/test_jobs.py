"""Requests that are answered by way of the queue, through the real handlers."""

import json
import time

import boto3
import pytest

from functions.recommendation.history import get_history_store
from local.services import entry, find_service, service_names
from local.worker import local_queue, work_off
from shared.errors import StoreUnavailable
from shared.queue.jobs import get_job_store
from shared.queue.queues import SqliteQueue, get_job_queue
from shared.queue.whereabouts import JobKey
from shared.settings import get_settings
from tests.aws import in_memory, make_queue, make_table
from tests.calls import call

ASYNC = {"prefer": "respond-async"}
TEACUPS = [{"item_id": "22697", "event": "purchase"}]
BODIES = {
    ("intent", "/v1/intent"): {"texts": ["where is my package?", "hi"], "top_k": 1},
    ("translation", "/v1/translate"): {"text": "Where is my order?", "target": "de"},
    ("translation", "/v1/detect"): {"text": "Wo ist meine Bestellung?"},
    ("translation", "/translate"): {"q": "Where is my order?", "source": "en", "target": "fr"},
    ("translation", "/detect"): {"q": ["Wo ist meine Bestellung?"]},
    ("recommendation", "/v1/recommendations"): {"history": TEACUPS, "k": 3},
    ("recommendation", "/v1/recommendations/rerank"): {
        "history": TEACUPS,
        "item_ids": ["84879", "22699"],
    },
    ("recommendation", "/v1/recommendations/bought-together"): {"basket": ["22697"], "k": 3},
}
EVENTS = {"event": {"user_id": "ann", "item_id": "22697", "event": "cart"}}


def work(service):
    return work_off(local_queue(service), entry(service, "worker").handler, timeout_s=30)


def test_every_post_can_be_queued():
    posts = {
        (name, path)
        for name in service_names()
        for path, verbs in entry(name, "api").app.whole.openapi()["paths"].items()
        if "post" in verbs
    }
    others = {
        ("recommendation", "/v1/events"),
        ("recommendation", "/v1/items"),
        ("recommendation", "/v1/shoppers/erasure"),
    }
    assert posts == {*BODIES, *others}
    assert posts == {(name, path) for name in service_names() for path in find_service(name).posts}


@pytest.mark.parametrize(("service", "path"), BODIES)
def test_a_queued_request_is_answered_as_it_would_be_at_once(service, path, context):
    status, job, headers = call(service, "POST", path, context, BODIES[service, path], ASYNC)
    assert (status, job["status"]) == (202, "queued")
    assert headers["location"] == f"/v1/jobs/{job['id']}"
    assert headers["preference-applied"] == "respond-async"
    status, before, _ = call(service, "GET", headers["location"], context)
    assert (status, before) == (200, {"id": job["id"], "status": "queued"})
    assert work(service) == 1
    _, after, _ = call(service, "GET", headers["location"], context)
    _, at_once, _ = call(service, "POST", path, context, BODIES[service, path])
    for answer in (after["result"], at_once):
        if "recommendation_id" in answer:
            del answer["recommendation_id"]  # which each answer has for itself
    assert after == {"id": job["id"], "status": "succeeded", "result": at_once}


def test_queued_events_are_in_the_history_with_the_time_they_were_sent(context):
    before = time.time()
    _, job, _ = call("recommendation", "POST", "/v1/events", context, EVENTS, ASYNC)
    time.sleep(0.3)
    after = time.time()
    work("recommendation")
    _, done, _ = call("recommendation", "GET", f"/v1/jobs/{job['id']}", context)
    assert done["result"]["recorded"] == 1
    (event,) = get_history_store().newest("ann", 5)
    assert before - 0.002 <= event.timestamp <= after - 0.25


def test_any_service_tells_how_far_a_job_is(context):
    _, job, headers = call("intent", "POST", "/v1/intent", context, {"text": "hi"}, ASYNC)
    status, body, _ = call("translation", "GET", headers["location"], context)
    assert (status, body["id"], body["status"]) == (200, job["id"], "queued")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("{", 400), ('{"text": 1}', 422), ('{"text": "a", "texts": ["b"]}', 422), ("", 400)],
)
def test_what_does_not_fit_its_schema_is_refused_at_once(raw, expected, context):
    status, problem, _ = call("intent", "POST", "/v1/intent", context, headers=ASYNC, raw=raw)
    assert (status, problem["status"]) == (expected, expected)
    assert work("intent") == 0


def test_a_job_that_cannot_succeed_tells_why(context):
    body = {"text": "x" * 10_000}
    _, job, headers = call("intent", "POST", "/v1/intent", context, body, ASYNC)
    work("intent")
    status, failed, _ = call("intent", "GET", headers["location"], context)
    at_once = call("intent", "POST", "/v1/intent", context, body)[1]
    assert (status, failed["id"], failed["status"]) == (200, job["id"], "failed")
    assert failed["problem"] | {"request_id": ""} == at_once | {"request_id": ""}
    assert "result" not in failed


@pytest.mark.parametrize(
    "prefer", ["respond-async, wait=10", "wait=5; respond-async", "RESPOND-ASYNC"]
)
def test_the_preference_may_stand_among_others(prefer, context):
    assert (
        call("intent", "POST", "/v1/intent", context, {"text": "hi"}, {"prefer": prefer})[0] == 202
    )


@pytest.mark.parametrize("prefer", ["return=minimal", "no-respond-async", "respond-asynchronously"])
def test_other_preferences_are_answered_at_once(prefer, context):
    assert (
        call("intent", "POST", "/v1/intent", context, {"text": "hi"}, {"prefer": prefer})[0] == 200
    )


def test_a_get_is_answered_at_once(context):
    assert call("intent", "GET", "/v1/intent/labels", context, headers=ASYNC)[0] == 200


def test_a_form_cannot_be_queued_and_the_error_says_so(context):
    headers = ASYNC | {"content-type": "application/x-www-form-urlencoded"}
    raw = "q=Hello&target=de"
    status, problem, _ = call(
        "translation", "POST", "/translate", context, headers=headers, raw=raw
    )
    assert status == 415
    assert "JSON" in problem["error"]


@pytest.mark.parametrize("job_id", ["unknown", "00000000-0000-4000-8000-000000000000", "x" * 300])
def test_an_unknown_job_is_not_found(job_id, context):
    status, problem, _ = call("intent", "GET", f"/v1/jobs/{job_id}", context)
    assert status == 404
    assert "expired" in problem["detail"]


def test_a_message_of_another_system_is_known_by_its_own_id(context):
    message_id = local_queue("intent").send(json.dumps({"text": "where is my package?"}), {})
    assert call("intent", "GET", f"/v1/jobs/{message_id}", context)[0] == 404
    work("intent")
    _, job, _ = call("intent", "GET", f"/v1/jobs/{message_id}", context)
    assert job["result"]["results"][0]["intent"]["name"] == "track_order"


def test_a_queue_that_is_away_is_told_and_leaves_no_job(context, monkeypatch):
    queued = []

    def away(self, body, attributes):
        queued.append(attributes["job_id"])
        raise StoreUnavailable("The queue did not take the message.")

    monkeypatch.setattr(SqliteQueue, "send", away)
    status, problem, headers = call("intent", "POST", "/v1/intent", context, {"text": "a"}, ASYNC)
    assert (status, headers["retry-after"]) == (503, "1")
    assert "queue" in problem["detail"]
    assert get_job_store().read(queued[0]) is None


def test_a_job_is_running_while_it_runs(context):
    _, job, headers = call("intent", "POST", "/v1/intent", context, {"text": "hi"}, ASYNC)
    key = JobKey.of("intent", "/v1/intent", job["id"], json.dumps({"text": "hi"}))
    get_job_store().claim([key], lease_ms=5_000)
    assert call("intent", "GET", headers["location"], context)[1]["status"] == "running"


@pytest.fixture
def aws(monkeypatch):
    with in_memory(monkeypatch):
        make_table("results", "id")
        sqs = boto3.client("sqs")
        sqs.url = make_queue("intent")
        monkeypatch.setenv("RESULTS_TABLE", "results")
        monkeypatch.setenv("QUEUE_URL", sqs.url)
        get_settings.cache_clear()
        get_job_store.cache_clear()
        get_job_queue.cache_clear()
        yield sqs
        get_job_store.cache_clear()
        get_job_queue.cache_clear()


def test_the_same_by_way_of_sqs_and_dynamodb(aws, context):
    body = {"text": "where is my package?"}
    _, job, headers = call("intent", "POST", "/v1/intent", context, body, ASYNC)
    (message,) = aws.receive_message(
        QueueUrl=aws.url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )["Messages"]
    told = {
        name: {"dataType": value["DataType"], "stringValue": value["StringValue"]}
        for name, value in message["MessageAttributes"].items()
    }
    record = {
        "messageId": message["MessageId"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": told,
    }
    assert call("intent", "GET", headers["location"], context)[1]["status"] == "queued"
    worker = entry("intent", "worker").handler
    assert worker({"Records": [record]}, context) == {"batchItemFailures": []}
    assert worker({"Records": [record]}, context) == {"batchItemFailures": []}
    _, done, _ = call("intent", "GET", headers["location"], context)
    assert (done["id"], done["status"]) == (job["id"], "succeeded")
    assert done["result"]["results"][0]["intent"]["name"] == "track_order"


def as_caller(name, service, method, path, context, body=None, headers=None):
    """Status and body of a request with the token of ``name``."""
    path, _, query = path.partition("?")
    token = {"jwt": {"claims": {"sub": name}}}
    return call(service, method, path, context, body, headers, query=query, authorizer=token)[:2]


def test_a_job_is_its_callers_alone(context):
    body = {"text": "where is my package?"}
    status, job = as_caller("ann", "intent", "POST", "/v1/intent", context, body, ASYNC)
    assert status == 202
    for _ in range(2):  # while it is queued, and when it is answered
        path = f"/v1/jobs/{job['id']}"
        assert as_caller("ann", "intent", "GET", path, context)[0] == 200
        assert as_caller("bob", "intent", "GET", path, context)[0] == 404
        assert call("intent", "GET", path, context)[0] == 404
        work("intent")


def test_one_id_of_a_sender_for_two_services_is_two_jobs_that_can_be_told_apart(context):
    stated = {"job_id": "ticket/7"}
    local_queue("intent").send(json.dumps({"text": "where is my package?"}), stated)
    local_queue("translation").send(json.dumps({"text": "Hello", "target": "de"}), stated)
    for service in ("intent", "translation"):
        work(service)
    _, first = as_caller("ann", "intent", "GET", "/v1/jobs/ticket%2F7", context)
    assert (first["service"], first["operation"]) == ("intent", "/v1/intent")
    assert "results" in first["result"]
    path = "/v1/jobs/ticket/7?service=translation"
    _, second = as_caller("ann", "intent", "GET", path, context)
    assert (second["service"], second["operation"]) == ("translation", "/v1/translate")
    assert "translations" in second["result"]
