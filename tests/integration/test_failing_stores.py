"""AWS that throttles, is slow or is away: a clear error that can be tried again, nothing lost."""

import json
import time

import boto3
import pytest

from shared import aws
from shared.queue.jobs import get_job_store
from shared.stores.records import MAX_ITEM_BYTES
from tests.aws_server import JSON_ERROR, refusal
from tests.calls import post, work
from tests.stored import job_key

THROTTLED = refusal(400, "ProvisionedThroughputExceededException", JSON_ERROR)
SQS_THROTTLED = refusal(400, "RequestThrottled", JSON_ERROR)
SLOW_DOWN = refusal(503, "SlowDown")
QUESTION = {"text": "where is my package?"}
RECORDS = {"Records": [{"messageId": f"m{n}", "body": json.dumps(QUESTION)} for n in range(3)]}
ALL = [{"itemIdentifier": f"m{n}"} for n in range(3)]


@pytest.fixture(autouse=True)
def one_try(monkeypatch):
    """Where a test does not allow more."""
    monkeypatch.setattr(aws, "MAX_ATTEMPTS", 1)


def statuses():
    jobs = [get_job_store().read(f"m{n}") for n in range(3)]
    return [job.status if job else None for job in jobs]


def test_while_the_table_is_throttled_nothing_runs_and_then_everything_does(server, context, runs):
    server.hook = lambda method, path: THROTTLED
    assert work("intent", RECORDS, context) == ALL
    assert runs == []
    server.hook = lambda method, path: None
    assert work("intent", RECORDS, context) == []
    assert (runs, statuses()) == ([3], ["succeeded"] * 3)


def test_a_short_throttling_is_waited_for(server, context, monkeypatch):
    monkeypatch.setattr(aws, "MAX_ATTEMPTS", 3)
    get_job_store.cache_clear()
    left = [THROTTLED, THROTTLED]
    server.hook = lambda method, path: left.pop() if left else None
    assert work("intent", RECORDS, context) == []
    assert (left, statuses()) == ([], ["succeeded"] * 3)


def test_what_ran_but_could_not_be_written_is_delivered_again(server, context, runs):
    puts = []  # of each message: where its id is, which no claim may stand without, and the claim

    def throttle_after_the_claims(method, path):
        puts.append(path)
        return THROTTLED if len(puts) > 6 else None

    server.hook = throttle_after_the_claims
    assert work("intent", RECORDS, context) == ALL
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
    assert work("intent", RECORDS, context) == ALL
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
    status, problem, headers = post("intent", "/v1/intent", QUESTION, context, preferred)
    assert (status, headers["retry-after"]) == (503, "1")
    assert "queue" in problem["detail"]
    assert boto3.client("dynamodb").scan(TableName="results")["Items"] == []


def test_with_an_idempotency_key_a_throttled_table_is_told(server, context, runs):
    server.hook = lambda method, path: THROTTLED
    key = {"idempotency-key": "k"}
    status, problem, headers = post("intent", "/v1/intent", QUESTION, context, key)
    assert (status, headers["retry-after"], runs) == (503, "1", [])
    assert problem["type"].endswith(":store-unavailable")
    assert post("intent", "/v1/intent", QUESTION, context)[0] == 200


def test_only_who_needs_the_history_is_told_that_it_is_throttled(server, context):
    server.hook = lambda method, path: THROTTLED
    by_user = {"user_id": "ann"}
    by_history = {"history": [{"item_id": "22697"}]}
    event = {"event": {"user_id": "ann", "item_id": "22697"}}
    path = "/v1/recommendations"
    assert post("recommendation", path, by_user, context)[0] == 503
    assert post("recommendation", "/v1/events", event, context)[0] == 503
    assert post("recommendation", path, by_history, context)[0] == 200


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
    status, problem, headers = post(service, path, body, Ending())
    assert (status, headers["retry-after"]) == (503, "1")
    assert problem["type"].endswith(":deadline-near")
