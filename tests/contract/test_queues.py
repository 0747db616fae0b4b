"""Queues: SQLite's by itself, and both as the API sends to them."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from shared.errors import StoreUnavailable
from shared.queue.queues import SqliteQueue, SqsQueue, get_job_queue
from shared.settings import get_settings
from tests.aws import in_memory, make_queue


@pytest.fixture
def queue(tmp_path):
    return SqliteQueue(tmp_path / "new" / "queues.db", "intent", visibility_timeout_s=0.2)


@pytest.fixture
def sqs(monkeypatch):
    with in_memory(monkeypatch):
        client = boto3.client("sqs")
        client.url = make_queue("intent")
        yield client


def test_messages_come_in_order_with_their_attributes(queue):
    ids = [queue.send(str(n), {"job_id": f"j{n}"}) for n in range(3)]
    messages = queue.receive(2)
    assert [(m.id, m.body, m.attributes, m.receives) for m in messages] == [
        (ids[0], "0", {"job_id": "j0"}, 1),
        (ids[1], "1", {"job_id": "j1"}, 1),
    ]
    assert [message.id for message in queue.receive(10)] == [ids[2]]


def test_a_message_is_hidden_while_it_is_worked_on_and_then_comes_again(queue):
    queue.send("a", {})
    assert len(queue.receive(1)) == 1
    assert queue.receive(1) == []
    time.sleep(0.25)
    (again,) = queue.receive(1)
    assert again.receives == 2


def test_a_deleted_message_is_gone(queue):
    queue.send("a", {})
    queue.delete(queue.receive(1))
    time.sleep(0.25)
    assert (queue.receive(1), queue.waiting()) == ([], 0)


def test_a_late_delete_does_not_take_the_message_from_its_next_receiver(queue):
    queue.send("a", {})
    late = queue.receive(1)
    time.sleep(0.25)
    current = queue.receive(1)
    queue.delete(late)
    assert queue.waiting() == 1
    queue.delete(current)
    assert queue.waiting() == 0


def test_after_three_deliveries_a_message_is_put_aside_and_can_be_redriven(queue):
    message_id = queue.send("poison", {"job_id": "j"})
    for _ in range(3):
        assert [message.id for message in queue.receive(1)] == [message_id]
        time.sleep(0.25)
    assert (queue.receive(1), queue.waiting(), queue.dead_count()) == ([], 0, 1)
    (dead,) = queue.dead()
    assert (dead.id, dead.body, dead.attributes, dead.receives) == (
        message_id,
        "poison",
        {"job_id": "j"},
        3,
    )
    assert queue.redrive([message_id, "no such one"]) == 1
    (again,) = queue.receive(1)
    assert (again.id, again.receives, queue.dead_count()) == (message_id, 1, 0)


def test_queues_of_one_file_do_not_meet(queue, tmp_path):
    other = SqliteQueue(tmp_path / "new" / "queues.db", "translation")
    queue.send("a", {})
    assert (other.receive(1), other.waiting(), queue.waiting()) == ([], 0, 1)


def test_receivers_at_once_get_each_message_once(tmp_path):
    path = tmp_path / "queues.db"
    sender = SqliteQueue(path, "intent")
    ids = [sender.send(str(n), {}) for n in range(120)]

    def receive(_):
        found = []
        queue = SqliteQueue(path, "intent")
        while messages := queue.receive(7):
            found += [message.id for message in messages]
            queue.delete(messages)
        return found

    with ThreadPoolExecutor(6) as pool:
        received = [id_ for ids_ in pool.map(receive, range(6)) for id_ in ids_]
    assert sorted(received) == sorted(ids)


def test_a_record_is_what_lambda_makes_of_a_message(queue):
    message_id = queue.send('{"text": "a"}', {"job_id": "j"})
    record = queue.receive(1)[0].as_record()
    assert record["messageId"] == message_id
    assert record["body"] == '{"text": "a"}'
    assert record["messageAttributes"]["job_id"]["stringValue"] == "j"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert abs(int(record["attributes"]["SentTimestamp"]) - time.time() * 1e3) < 5_000


def test_sqs_takes_the_same_message(sqs):
    message_id = SqsQueue(sqs.url).send('{"text": "a"}', {"job_id": "j", "operation": "/v1/intent"})
    answer = sqs.receive_message(QueueUrl=sqs.url, MessageAttributeNames=["All"])
    (message,) = answer["Messages"]
    assert (message["MessageId"], message["Body"]) == (message_id, '{"text": "a"}')
    told = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert told == {"job_id": "j", "operation": "/v1/intent"}


def test_a_queue_that_is_not_there_is_a_retryable_error(sqs):
    with pytest.raises(StoreUnavailable, match="queue"):
        SqsQueue(sqs.url + "-other").send("{}", {})


def test_the_settings_name_the_queue(sqs, monkeypatch):
    assert isinstance(get_job_queue("intent"), SqliteQueue)
    monkeypatch.setenv("QUEUE_URL", sqs.url)
    get_settings.cache_clear()
    get_job_queue.cache_clear()
    get_job_queue("intent").send(json.dumps({"text": "a"}), {})
    assert len(sqs.receive_message(QueueUrl=sqs.url)["Messages"]) == 1
