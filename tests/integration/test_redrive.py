"""Dead letters from a failing message to its second try, on both kinds of queues."""

import json
import time

import boto3
import pytest

from functions.intent.operations import SERVICE
from local.redrive import main as redrive
from local.services import entry
from local.worker import local_queue, work_off
from shared.errors import StoreUnavailable
from shared.queue.jobs import JobStore, get_job_store
from shared.queue.queues import SqsQueue
from shared.queue.whereabouts import JobKey
from shared.settings import Settings
from tests.aws import in_memory

TEXT = "where is my package, asks the secret customer?"
GOOD, BAD = json.dumps({"text": TEXT}), json.dumps({"text": TEXT, "no": 1})
STACK = "shop"


def put_aside(queue):
    """Let the worker fail on all messages until they are dead letters."""
    for _ in range(4):
        work_off(queue, entry("intent", "worker").handler, timeout_s=30)
        time.sleep(0.02)


def run(capsys, *arguments):
    assert redrive(list(arguments)) == 0
    return capsys.readouterr().out


def refused(capsys, *arguments):
    assert redrive(list(arguments)) == 2
    return capsys.readouterr().err


@pytest.fixture
def queue():
    return local_queue("intent", visibility_timeout_s=0.01)


def test_an_empty_queue_says_so(capsys, queue):
    assert "empty" in run(capsys, "intent", "list")


def test_the_list_tells_the_reason_and_no_text(capsys, queue):
    bad = queue.send(BAD, {})
    malformed = queue.send("{", {"job_id": "mine"})
    put_aside(queue)
    listed = run(capsys, "intent", "list")
    lines = {line.split("│")[1].strip(): line for line in listed.splitlines() if "│" in line}
    assert "invalid-request" in lines[bad]
    assert "/…: Extra inputs are not permitted" in lines[bad]
    assert "malformed-json" in lines[malformed]
    assert "│ 3 " in lines[bad]
    assert "secret" not in listed


def test_one_message_is_shown_whole(capsys, queue):
    queue.send("{", {})
    bad = queue.send(BAD, {"job_id": "mine"})
    put_aside(queue)
    shown = run(capsys, "intent", "show", bad)
    assert TEXT in shown
    assert "job         mine" in shown
    assert "invalid-request: /no" in shown


def test_what_failed_for_a_reason_that_passed_succeeds_when_sent_again(capsys, queue, monkeypatch):
    first = queue.send(GOOD, {})
    queue.send(GOOD, {"job_id": "mine"})

    def away(requests):
        raise StoreUnavailable("The history store did not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(SERVICE.default, "handle", lambda service, requests: away(requests))
        put_aside(queue)
    assert get_job_store().read(first).status == "failed"
    assert "store-unavailable" in run(capsys, "intent", "list")
    assert "1 sent again" in run(capsys, "intent", "send", first)
    assert "1 sent again" in run(capsys, "intent", "send", "--all")
    put_aside(queue)
    assert [get_job_store().read(id_).status for id_ in (first, "mine")] == ["succeeded"] * 2
    assert (queue.waiting(), queue.dead_count()) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["intent", "show", "none"], "No message none"),
        (["intent", "send", "none"], "Not in the dead-letter queue: none"),
        (["interactions", "list"], "--stack"),
    ],
)
def test_what_is_not_there_is_an_error(arguments, told, queue, capsys):
    assert told in refused(capsys, *arguments)


@pytest.mark.parametrize("arguments", [["intent", "send"], ["intent", "send", "a", "--all"]])
def test_what_to_send_must_be_clear(arguments, capsys):
    with pytest.raises(SystemExit):
        redrive(arguments)
    assert "either" in capsys.readouterr().err


TEMPLATE = {
    "Resources": {
        "Dead": {"Type": "AWS::SQS::Queue"},
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        },
    },
    "Outputs": {
        "IntentQueueUrl": {"Value": {"Ref": "Queue"}},
        "IntentDeadLetterQueueUrl": {"Value": {"Ref": "Dead"}},
        "ResultsTableName": {"Value": {"Ref": "Table"}},
    },
}


@pytest.fixture
def stack(monkeypatch):
    with in_memory(monkeypatch):
        client = boto3.client("cloudformation")
        client.create_stack(StackName=STACK, TemplateBody=json.dumps(TEMPLATE))
        outputs = client.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
        yield {item["OutputKey"]: item["OutputValue"] for item in outputs}


def received(url):
    client = boto3.client("sqs")
    return client.receive_message(
        QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=10
    ).get("Messages", [])


def test_the_same_on_a_stack_in_aws(capsys, stack):
    dead = SqsQueue(stack["IntentDeadLetterQueueUrl"])
    ids = [dead.send(GOOD, {}) for _ in range(12)]
    named = dead.send(GOOD, {"job_id": "mine", "operation": "/v1/intent"})
    jobs = JobStore(Settings(results_table=stack["ResultsTableName"]))
    key = JobKey("intent", "/v1/intent", ids[0])
    jobs.refuse(key, StoreUnavailable("The table was throttled."), attempt=3)
    listed = run(capsys, "--stack", STACK, "intent", "list")
    assert all(id_ in listed for id_ in (*ids, named))
    assert "The table was throttled." in listed
    assert "No reason is kept" in listed
    assert TEXT in run(capsys, "--stack", STACK, "intent", "show", named)
    assert "2 sent again" in run(capsys, "--stack", STACK, "intent", "send", ids[0], named)
    back = {
        item["MessageAttributes"]["job_id"]["StringValue"]: item
        for item in received(stack["IntentQueueUrl"])
    }
    assert set(back) == {ids[0], "mine"}
    assert back["mine"]["MessageAttributes"]["operation"]["StringValue"] == "/v1/intent"
    assert "11 sent again" in run(capsys, "--stack", STACK, "intent", "send", "--all")
    assert received(stack["IntentDeadLetterQueueUrl"]) == []


def test_a_stack_that_is_not_there_is_an_error(stack, capsys):
    assert "other cannot be read" in refused(capsys, "--stack", "other", "intent", "list")


def test_a_queue_that_the_stack_has_not_is_an_error(stack, capsys):
    told = refused(capsys, "--stack", STACK, "translation", "list")
    assert "TranslationQueueUrl" in told


def test_a_queue_that_cannot_be_read_tells_which_and_why(stack, capsys):
    boto3.client("sqs").delete_queue(QueueUrl=stack["IntentDeadLetterQueueUrl"])
    told = refused(capsys, "--stack", STACK, "intent", "list")
    assert "dead-letter queue" in told
    assert "NonExistentQueue from ReceiveMessage" in told


def test_what_a_sender_wrote_cannot_steer_the_terminal(capsys, queue):
    bad = queue.send(json.dumps({"text": "a", "\x1b[2Jkey": 1}), {"note": "\x1b[31m"})
    put_aside(queue)
    printed = run(capsys, "intent", "list") + run(capsys, "intent", "show", bad)
    assert "\x1b" not in printed
    assert "\\x1b[2Jkey" in printed


def test_the_list_has_nothing_of_what_a_sender_wrote(capsys, queue):
    keys = {"my secret": 1, "a: my secret; /b": 2, "text": "a", "context": {"my secret": 1}}
    queue.send(json.dumps(keys), {})
    put_aside(queue)
    listed = run(capsys, "intent", "list")
    assert "secret" not in listed
    assert "/…: Extra inputs are not permitted" in listed
    assert "/context/" in listed
