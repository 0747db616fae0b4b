"""Lost answers, full disks, vanishing files: what a caller gets, and that nothing is lost."""

import errno
import json
import os
import shutil
import subprocess
import sys
import threading

import boto3
import pytest

from functions.intent import service as intent_service
from functions.intent.operations import SERVICE
from functions.recommendation import history
from local import publish_model
from shared import aws
from shared.errors import ModelMissing
from shared.locations import parse_location
from shared.models.folder import hash_file
from shared.models.spec import read_spec, verify_files
from shared.models.store import local_folder
from shared.queue.jobs import get_job_store
from shared.queue.queues import get_job_queue
from shared.settings import get_settings
from tests.aws_server import JSON_ERROR, refusal
from tests.calls import post, work
from tests.small_models import small_model

QUESTION = {"text": "where is my package?"}
EVENT = {"event": {"user_id": "ann", "item_id": "22697", "event": "cart"}}
RECORDS = {"Records": [{"messageId": f"m{n}", "body": json.dumps(QUESTION)} for n in range(3)]}


@pytest.fixture(autouse=True)
def all_tries(monkeypatch):
    """boto3 as it is in Lambda: three tries, with waits of none."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


def lose_first_answers(server):
    """AWS does what each request asks for; the answer to its first try never comes."""
    lost = []

    def answer(environ, start_response):
        done = server.aws(environ, start_response)
        if "attempt=1" in environ.get("HTTP_AMZ_SDK_REQUEST", ""):
            lost.append(environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2])
            list(done)
            return refusal(500, "InternalServerError", JSON_ERROR)(environ, start_response)
        return done

    server.hook = lambda method, path: answer
    return lost


def test_messages_run_once_where_every_first_answer_of_the_table_is_lost(server, context, runs):
    lost = lose_first_answers(server)
    assert work("intent", RECORDS, context) == []
    assert (runs, set(lost)) == ([3], {"PutItem", "UpdateItem"})
    server.hook = lambda method, path: None
    assert [get_job_store().read(f"m{n}").status for n in range(3)] == ["succeeded"] * 3


def test_a_job_that_is_queued_twice_since_an_answer_was_lost_runs_once(server, context, runs):
    lost = lose_first_answers(server)
    status, job, _ = post("intent", "/v1/intent", QUESTION, context, {"prefer": "respond-async"})
    assert (status, lost.count("SendMessage")) == (202, 1)
    server.hook = lambda method, path: None
    found = boto3.client("sqs").receive_message(
        QueueUrl=os.environ["QUEUE_URL"], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )["Messages"]
    assert len(found) == 2  # of one job
    for message in found:
        attributes = {
            name: {"stringValue": value["StringValue"], "dataType": "String"}
            for name, value in message["MessageAttributes"].items()
        }
        record = {
            "messageId": message["MessageId"],
            "body": message["Body"],
            "messageAttributes": attributes,
        }
        assert work("intent", {"Records": [record]}, context) == []
    assert runs == [1]
    assert get_job_store().read(job["id"], "").status == "succeeded"


def test_an_answer_by_key_is_kept_where_every_first_answer_is_lost(server, context, runs):
    lose_first_answers(server)
    key = {"idempotency-key": "k"}
    first = post("intent", "/v1/intent", QUESTION, context, key)
    again = post("intent", "/v1/intent", QUESTION, context, key)
    assert (first[0], again[0], again[1], runs) == (200, 200, first[1], [1])
    assert again[2]["idempotency-replayed"] == "true"


def test_an_event_whose_write_is_answered_late_is_recorded_once(server, context):
    lose_first_answers(server)
    assert post("recommendation", "/v1/events", EVENT, context)[0] == 200
    assert [event.item_id for event in history.get_history_store().newest("ann", 9)] == ["22697"]


def test_a_store_that_goes_down_while_an_idempotent_call_runs(server, context, runs, monkeypatch):
    """The caller has its answer. Until the claim runs out the key is taken, and then it is free."""
    key = {"idempotency-key": "k"}
    classify = SERVICE.default.handle

    def and_down(service, requests):
        server.hook = lambda method, path: refusal(503, "ServiceUnavailable", JSON_ERROR)
        return classify(service, requests)

    monkeypatch.setattr(SERVICE.default, "handle", and_down)
    status, answer, _ = post("intent", "/v1/intent", QUESTION, context, key)
    assert status == 200
    status, problem, headers = post("intent", "/v1/intent", QUESTION, context, key)
    assert (status, problem["type"].rpartition(":")[2]) == (503, "store-unavailable")
    assert headers["retry-after"] == "1"
    monkeypatch.setattr(SERVICE.default, "handle", classify)
    server.hook = lambda method, path: None
    status, problem, headers = post("intent", "/v1/intent", QUESTION, context, key)
    assert (status, problem["type"].rpartition(":")[2]) == (409, "still-running")
    assert headers["retry-after"] == "1"
    table = boto3.resource("dynamodb").Table("results")
    (claim,) = table.scan()["Items"]
    table.put_item(Item=claim | {"in_progress_expiration": 1})  # of 1970: the claim has run out
    assert post("intent", "/v1/intent", QUESTION, context, key)[:2] == (200, answer)
    assert runs == [1, 1]


def test_a_queue_that_does_not_answer_in_time_is_told_and_leaves_no_job(
    server, context, monkeypatch
):
    """The first try reaches the table; those to the queue wait for longer than is waited for."""
    monkeypatch.setattr(aws, "READ_TIMEOUT_S", 2.0)  # in which a busy machine's table answers
    monkeypatch.setattr(aws, "MAX_ATTEMPTS", 1)
    for cached in (get_job_store, get_job_queue):
        cached.cache_clear()
    answered = threading.Event()

    def wait(environ, start_response):
        if "SendMessage" in environ.get("HTTP_X_AMZ_TARGET", ""):
            answered.wait(30)
        return server.aws(environ, start_response)

    server.hook = lambda method, path: wait
    preferred = {"prefer": "respond-async"}
    status, problem, headers = post("intent", "/v1/intent", QUESTION, context, preferred)
    answered.set()
    assert (status, headers["retry-after"]) == (503, "1")
    assert "queue" in problem["detail"]
    assert boto3.client("dynamodb").scan(TableName="results")["Items"] == []


# ---- a full disk --------------------------------------------------------------------------------


def on_a_small_disk(folder, module, *arguments, **environment):
    """What a process prints whose folder ``disk`` is a file system of 4 MB of its own."""
    (folder / "disk").mkdir()
    own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    unshare = ["unshare", *own, "--mount"]
    mount = f"mount -t tmpfs -o size=4m none {folder}/disk"
    if subprocess.run([*unshare, "sh", "-c", mount], check=False, capture_output=True).returncode:
        pytest.skip("no process may have a file system of its own here")
    command = f'{mount} && exec "$@"'
    done = subprocess.run(
        [*unshare, "sh", "-ec", command, "sh", sys.executable, "-m", module, *arguments],
        env={**os.environ, "DISK": f"{folder}/disk", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("when", ["at the start", "later"])
def test_stores_on_a_full_disk_refuse_and_lose_nothing(when, tmp_path):
    names = ("RESULTS_DB", "QUEUES_DB", "HISTORY_DB")
    stores = {name: f"{tmp_path}/disk/stores/{name.lower()}" for name in names}
    found = on_a_small_disk(tmp_path, "tests.integration.full_disk", when, **stores)
    assert found["errno"] == errno.ENOSPC
    refused = [503, "store-unavailable"]
    answers = [answer for _, answer in found["events"]]
    assert refused in answers
    assert all(answer in ([200, ""], refused) for answer in answers)
    assert found["kept"] == [time for time, answer in found["events"] if answer == [200, ""]]
    assert found["full"] == {"at once": [200, ""], "by key": refused, "later": refused}
    assert found["room again"] == {"at once": [200, ""], "by key": [200, ""], "later": [202, ""]}


def test_models_on_a_full_disk_are_told_apart_and_leave_no_half(server, tmp_path):
    """The cache is allowed more than its disk has."""
    bucket = server.make_bucket("models")
    small_model(tmp_path / "large", 6_000_000)
    small_model(tmp_path / "small", 1_000_000, seed=1)
    for name in ("large", "small"):
        assert (
            publish_model.main(["--model", f"{tmp_path}/{name}", "--to", f"s3://models/{name}"])
            == 0
        )
    found = on_a_small_disk(tmp_path, "tests.integration.full_cache", "large", "small")
    assert found["large"] == ["model-not-kept", False]
    assert found["left"] == []
    assert found["small"] == [hash_file(tmp_path / "small" / "weights.bin")]
    assert len(list(bucket.objects.all())) > 0


# ---- files that vanish --------------------------------------------------------------------------


def test_an_object_that_vanishes_under_way_is_told_and_leaves_no_half(
    server, tmp_path, monkeypatch
):
    bucket = server.make_bucket("models")
    small_model(tmp_path / "mine", 100_000)
    publish = ["--model", f"{tmp_path}/mine", "--to", "s3://models/mine"]
    assert publish_model.main(publish) == 0
    monkeypatch.setenv("MODEL_CACHE_DIR", str(tmp_path / "cache"))
    get_settings.cache_clear()
    keys = [found.key for found in bucket.objects.all()]
    (words,) = [key for key in keys if key.endswith("words.txt")]

    def vanish(method, path):
        if method == "HEAD" and path.endswith("words.txt"):
            server.hook = lambda method, path: None
            bucket.Object(words).delete()

    def vanish_all(method, path):
        if method == "GET" and path.endswith("spec.json"):
            server.hook = lambda method, path: None
            for key in keys:
                bucket.Object(key).delete()

    for hook in (vanish, vanish_all):
        server.hook = hook
        with pytest.raises(ModelMissing) as raised:
            local_folder(parse_location("s3://models/mine"))
        assert not raised.value.retryable
        assert "s3" not in raised.value.public.detail
        left = [path.name for path in (tmp_path / "cache").iterdir() if path.name != ".lock"]
        assert left == []
        server.hook = lambda method, path: None
        assert publish_model.main(publish) == 0
    folder = local_folder(parse_location("s3://models/mine"))
    verify_files(folder, read_spec(folder))


def test_a_cache_that_is_emptied_while_it_is_served_from(server, tmp_path, monkeypatch):
    """What is open goes on; a model that is opened later is fetched again."""
    server.make_bucket("models")
    folder = get_settings().model_dir("translation")
    publish = ["--model", str(folder), "--to", "s3://models/translation"]
    assert publish_model.main(publish) == 0
    monkeypatch.setenv("TRANSLATION_MODEL_DIR", "s3://models/translation")
    monkeypatch.setenv("MODEL_CACHE_DIR", str(tmp_path / "cache"))
    found = subprocess.run(
        [sys.executable, "-m", "tests.integration.emptied_cache", str(tmp_path / "cache")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout.splitlines()[-1]) == {"open": 200, "opened later": 200}


@pytest.fixture
def loading():
    """The intent service, loaded by this test."""
    intent_service.get_service.cache_clear()
    yield
    intent_service.get_service.cache_clear()


def test_a_file_of_the_layer_that_is_missing_is_told_and_served_when_it_is_back(
    tmp_path, monkeypatch, context, loading
):
    folder = tmp_path / "intent"
    shutil.copytree(get_settings().model_dir("intent"), folder, copy_function=os.symlink)
    monkeypatch.setenv("INTENT_MODEL_DIR", str(folder))
    get_settings.cache_clear()
    away = (folder / "model.onnx").rename(tmp_path / "model.onnx")
    status, problem, _ = post("intent", "/v1/intent", QUESTION, context)
    assert (status, problem["type"].rpartition(":")[2]) == (500, "model-missing")
    assert str(tmp_path) not in json.dumps(problem)
    assert work("intent", RECORDS, context) == [{"itemIdentifier": f"m{n}"} for n in range(3)]
    away.rename(folder / "model.onnx")
    assert post("intent", "/v1/intent", QUESTION, context)[0] == 200
    assert work("intent", RECORDS, context) == []
