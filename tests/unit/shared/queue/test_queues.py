"""SQLite's queue by itself; tests/contract/test_queues.py has what it shares with SQS."""

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.queue import queues
from shared.queue.queues import (
    DEAD_SUFFIX,
    Message,
    SqliteQueue,
    SqsQueue,
    get_job_queue,
)
from shared.queue.whereabouts import JOB_ID, OPERATION
from shared.settings import get_settings
from tests.aws import in_memory, make_queue

HIDDEN_S = 30.0
HEALTHY = [HealthCheck.function_scoped_fixture]  # each example leaves the queue empty


class Clock:
    """The time that the queues see."""

    def __init__(self) -> None:
        self.now_s = 1_700_000_000.0

    def time(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(queues, "time", clock)
    return clock


@pytest.fixture
def queue(tmp_path, clock):
    return SqliteQueue(tmp_path / "queues.db", "intent", HIDDEN_S, max_receives=2)


def bodies(messages):
    return [message.body for message in messages]


def put_aside(queue, clock):
    """Let everything that waits be delivered as often as it may be, in vain."""
    for _ in range(2):
        queue.receive(100)
        clock.now_s += HIDDEN_S
    queue.receive(100)


def test_a_message_is_hidden_exactly_for_its_timeout(queue, clock):
    queue.send("a", {})
    assert bodies(queue.receive(1)) == ["a"]
    clock.now_s += HIDDEN_S - 0.001
    assert queue.receive(1) == []
    clock.now_s += 0.001
    assert bodies(queue.receive(1)) == ["a"]


def test_a_message_that_comes_again_keeps_its_place_and_its_time(queue, clock):
    sent_s = clock.now_s
    queue.send("a", {})
    queue.receive(1)
    clock.now_s += HIDDEN_S
    queue.send("b", {})
    again, other = queue.receive(2)
    assert (again.body, again.sent_at, again.receives) == ("a", sent_s, 2)
    assert (other.body, other.sent_at, other.receives) == ("b", clock.now_s, 1)
    assert again.receipt == other.receipt


@settings(max_examples=30, deadline=None, suppress_health_check=HEALTHY)
@given(st.text(), st.dictionaries(st.text(), st.text(), max_size=3))
def test_any_text_comes_as_it_was_sent(queue, body, attributes):
    message_id = queue.send(body, attributes)
    (message,) = queue.receive(1)
    assert (message.id, message.body, message.attributes) == (message_id, body, attributes)
    queue.delete([message])


def test_no_more_come_than_are_asked_for(queue):
    for number in range(5):
        queue.send(str(number), {})
    assert queue.receive(0) == []
    assert bodies(queue.receive(2)) == ["0", "1"]
    assert bodies(queue.receive(10)) == ["2", "3", "4"]
    assert queue.waiting() == 5


def test_a_deleted_message_takes_no_other_with_it(queue, clock):
    for body in "abc":
        queue.send(body, {})
    _, kept, _ = received = queue.receive(3)
    queue.delete([message for message in received if message is not kept])
    clock.now_s += HIDDEN_S
    assert bodies(queue.receive(3)) == ["b"]


def test_a_message_is_put_aside_only_when_its_last_delivery_is_over(queue, clock):
    queue.send("a", {})
    queue.receive(1)
    clock.now_s += HIDDEN_S
    queue.receive(1)
    queue.receive(1)  # nothing is due: the second one may still be worked on
    assert (queue.dead_count(), queue.waiting()) == (0, 1)
    clock.now_s += HIDDEN_S
    assert queue.receive(1) == []
    assert (queue.dead_count(), queue.waiting()) == (1, 0)


def test_of_many_that_were_put_aside_the_oldest_are_told_and_all_are_counted(queue, clock):
    for number in range(5):
        queue.send(str(number), {})
    put_aside(queue, clock)
    assert bodies(queue.dead(limit=3)) == ["0", "1", "2"]
    assert queue.dead_count() == 5


def test_a_message_that_is_put_on_the_queue_again_has_all_its_deliveries(queue, clock):
    first, second = queue.send("a", {"job_id": "j"}), queue.send("b", {})
    put_aside(queue, clock)
    assert queue.redrive([first]) == 1
    assert queue.redrive([first]) == 0  # it is no longer aside
    assert [message.id for message in queue.dead()] == [second]
    for receives in (1, 2):
        (message,) = queue.receive(1)
        assert (message.id, message.receives, message.attributes) == (
            first,
            receives,
            {"job_id": "j"},
        )
        clock.now_s += HIDDEN_S


def test_a_dead_letter_queue_is_named_for_its_queue_and_is_no_other_ones(queue, clock, tmp_path):
    queue.send("a", {})
    put_aside(queue, clock)
    assert SqliteQueue(tmp_path / "queues.db", "translation").dead() == []
    as_a_queue = SqliteQueue(tmp_path / "queues.db", f"intent{DEAD_SUFFIX}")
    assert as_a_queue.waiting() == 1


def test_a_record_has_text_where_lambda_has_text():
    message = Message("m", "{}", {OPERATION: "/v1/intent", JOB_ID: "j"}, 1_700_000_000.25, 2, "r")
    assert message.as_record() == {
        "messageId": "m",
        "receiptHandle": "r",
        "body": "{}",
        "attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": "1700000000250"},
        "messageAttributes": {
            "operation": {"dataType": "String", "stringValue": "/v1/intent"},
            "job_id": {"dataType": "String", "stringValue": "j"},
        },
        "eventSource": "aws:sqs",
    }


def test_a_service_has_one_queue_with_the_deliveries_of_the_settings(monkeypatch, tmp_path, clock):
    monkeypatch.setenv("QUEUES_DB", str(tmp_path / "mine.db"))
    monkeypatch.setenv("MAX_RECEIVES", "1")
    get_settings.cache_clear()
    get_job_queue.cache_clear()
    queue = get_job_queue("intent")
    assert get_job_queue("intent") is queue
    queue.send("a", {})
    assert bodies(queue.receive(1)) == ["a"]
    clock.now_s += queues.VISIBILITY_TIMEOUT_S
    assert queue.receive(1) == []
    assert queue.dead_count() == 1
    assert get_job_queue("translation").dead_count() == 0


def test_sqs_is_asked_for_where_the_settings_name_a_queue(monkeypatch):
    with in_memory(monkeypatch):
        url = make_queue("intent")
        monkeypatch.setenv("QUEUE_URL", url)
        get_settings.cache_clear()
        get_job_queue.cache_clear()
        queue = get_job_queue("intent")
        assert isinstance(queue, SqsQueue)
        message_id = queue.send('{"text": "ü"}', {})
        (message,) = boto3.client("sqs").receive_message(QueueUrl=url)["Messages"]
        assert (message["MessageId"], message["Body"]) == (message_id, '{"text": "ü"}')
        get_job_queue.cache_clear()
