"""AWS that throttles, is slow or is away: a clear error that can be tried again, nothing lost."""

import copy
import json
import time

import boto3
import pytest

from functions.intent.operations import SERVICE
from functions.intent.service import IntentService
from functions.recommendation import history
from functions.recommendation import service as recommendation_service
from local.services import entry
from shared import aws
from shared.http.idempotency import get_answers
from shared.queue.jobs import get_job_store
from shared.queue.queues import get_job_queue
from shared.settings import get_settings
from shared.stores.records import MAX_ITEM_BYTES
from tests.aws import make_queue, make_table
from tests.aws_server import JSON_ERROR, AwsServer, refusal
from tests.expectations import load_event
from tests.stored import job_key

THROTTLED = refusal(400, "ProvisionedThroughputExceededException", JSON_ERROR)
SQS_THROTTLED = refusal(400, "RequestThrottled", JSON_ERROR)
SLOW_DOWN = refusal(503, "SlowDown")
QUESTION = json.dumps({"text": "where is my package?"})
RECORDS = {"Records": [{"messageId": f"m{n}", "body": QUESTION} for n in range(3)]}
ALL = [{"itemIdentifier": f"m{n}"} for n in range(3)]


def forget():
    for cached in (get_settings, get_job_store, get_job_queue, get_answers):
        cached.cache_clear()
    history.get_history_store.cache_clear()


@pytest.fixture
def server(monkeypatch):
    with AwsServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        make_table("results", "id")
        make_table("history", "user", "event")
        server.make_bucket("results-bucket")
        url = make_queue("intent")
        monkeypatch.setenv("RESULTS_TABLE", "results")
        monkeypatch.setenv("RESULTS_BUCKET", "results-bucket")
        monkeypatch.setenv("HISTORY_TABLE", "history")
        monkeypatch.setenv("QUEUE_URL", url)
        monkeypatch.setattr(aws, "MAX_ATTEMPTS", 1)
        forget()
        service = recommendation_service.get_service()
        monkeypatch.setattr(service, "_store", history.get_history_store())
        yield server
        forget()


@pytest.fixture
def runs(monkeypatch):
    """How many texts each call of the intent service had."""
    found, classify = [], IntentService.classify
    monkeypatch.setattr(
        SERVICE.default,
        "handle",
        lambda service, requests: found.append(len(requests)) or classify(service, requests),
    )
    return found


def call(service, path, body, context, headers=None):
    event = copy.deepcopy(load_event("intent_http.json"))
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["headers"] |= headers or {}
    event["body"] = json.dumps(body)
    answer = entry(service, "api").handler(event, context)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def work(context):
    return entry("intent", "worker").handler(RECORDS, context)["batchItemFailures"]


def statuses():
    jobs = [get_job_store().read(f"m{n}") for n in range(3)]
    return [job.status if job else None for job in jobs]


def test_while_the_table_is_throttled_nothing_runs_and_then_everything_does(server, context, runs):
    server.hook = lambda method, path: THROTTLED
    assert work(context) == ALL
    assert runs == []
    server.hook = lambda method, path: None
    assert work(context) == []
    assert (runs, statuses()) == ([3], ["succeeded"] * 3)


def test_a_short_throttling_is_waited_for(server, context, monkeypatch):
    monkeypatch.setattr(aws, "MAX_ATTEMPTS", 3)
    get_job_store.cache_clear()
    left = [THROTTLED, THROTTLED]
    server.hook = lambda method, path: left.pop() if left else None
    assert work(context) == []
    assert (left, statuses()) == ([], ["succeeded"] * 3)


def test_what_ran_but_could_not_be_written_is_delivered_again(server, context, runs):
    puts = []  # of each message: where its id is, which no claim may stand without, and the claim

    def throttle_after_the_claims(method, path):
        puts.append(path)
        return THROTTLED if len(puts) > 6 else None

    server.hook = throttle_after_the_claims
    assert work(context) == ALL
    assert runs == [3]
    server.hook = lambda method, path: None
    assert statuses() == ["running"] * 3  # until the lease of the first delivery runs out


def test_a_slow_table_is_not_waited_for_for_long(server, context, monkeypatch, runs):
    monkeypatch.setattr(aws, "READ_TIMEOUT_S", 0.2)
    get_job_store.cache_clear()
    begun, ended = [], []

    def slow(environ, start_response):
        begun.append(environ)
        time.sleep(1)
        answer = server.aws(environ, start_response)
        ended.append(environ)
        return answer

    server.hook = lambda method, path: slow
    start = time.monotonic()
    assert work(context) == ALL
    assert time.monotonic() - start < 5
    assert runs == []
    while len(ended) < len(begun):  # what comes late would be in the next test's table
        time.sleep(0.05)


def test_with_all_tries_a_caller_is_answered_before_api_gateway_gives_up():
    longest_s = 3 * (aws.CONNECT_TIMEOUT_S + aws.READ_TIMEOUT_S) + 1 + 2  # with both waits between
    assert longest_s < 29


def test_a_throttled_bucket_fails_the_large_result_alone(server, context, monkeypatch):
    m0, m1 = job_key("m0"), job_key("m1")
    results = {m0: "x" * MAX_ITEM_BYTES, m1: 1}
    get_job_store().queue(m0)
    server.hook = lambda method, path: SLOW_DOWN if "results-bucket" in path else None
    assert {id_: error.retryable for id_, error in get_job_store().succeed(results).items()} == {
        m0: True
    }
    server.hook = lambda method, path: None
    assert get_job_store().succeed(results) == {}
    assert get_job_store().read("m0").result == results[m0]


def test_a_job_is_refused_while_the_queue_is_throttled_and_leaves_nothing(server, context):
    seen = []

    def throttle_the_queue(method, path):
        seen.append(path)
        return SQS_THROTTLED if len(seen) == 2 else None  # after the record, before its removal

    server.hook = throttle_the_queue
    preferred = {"prefer": "respond-async"}
    status, problem, headers = call(
        "intent", "/v1/intent", json.loads(QUESTION), context, preferred
    )
    assert (status, headers["retry-after"]) == (503, "1")
    assert "queue" in problem["detail"]
    assert boto3.client("dynamodb").scan(TableName="results")["Items"] == []


def test_with_an_idempotency_key_a_throttled_table_is_told(server, context, runs):
    server.hook = lambda method, path: THROTTLED
    key = {"idempotency-key": "k"}
    status, problem, headers = call("intent", "/v1/intent", json.loads(QUESTION), context, key)
    assert (status, headers["retry-after"], runs) == (503, "1", [])
    assert problem["type"].endswith(":store-unavailable")
    assert call("intent", "/v1/intent", json.loads(QUESTION), context)[0] == 200


def test_only_who_needs_the_history_is_told_that_it_is_throttled(server, context):
    server.hook = lambda method, path: THROTTLED
    by_user = {"user_id": "ann"}
    by_history = {"history": [{"item_id": "22697"}]}
    event = {"event": {"user_id": "ann", "item_id": "22697"}}
    path = "/v1/recommendations"
    assert call("recommendation", path, by_user, context)[0] == 503
    assert call("recommendation", "/v1/events", event, context)[0] == 503
    assert call("recommendation", path, by_history, context)[0] == 200


class Ending:
    aws_request_id = "ending"
    function_name = "test"

    def get_remaining_time_in_millis(self):
        return 200


@pytest.mark.parametrize(
    ("service", "path", "body"),
    [
        ("intent", "/v1/intent", {"text": "hi"}),
        ("translation", "/v1/translate", {"text": "Where is my order?", "target": "de"}),
        ("recommendation", "/v1/recommendations", {"history": [{"item_id": "22697"}]}),
    ],
)
def test_a_function_that_is_about_to_be_stopped_begins_no_model_run(service, path, body):
    status, problem, headers = call(service, path, body, Ending())
    assert (status, headers["retry-after"]) == (503, "1")
    assert problem["type"].endswith(":deadline-near")
