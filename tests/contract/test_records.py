"""One contract for records and jobs in both stores."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import InvalidRequest, KeyReused, ResultTooLarge, StoreUnavailable
from shared.queue.jobs import Failure, JobStore
from shared.settings import Settings
from shared.stores.records import MAX_ITEM_BYTES, Records
from tests.aws import in_memory, make_bucket, make_table
from tests.stored import job_key

ROOT = Path(__file__).resolve().parents[2]
TABLE, BUCKET = "results", "results-bucket"
LEASE_MS = 30_000
CLAIMANTS = 6
CLAIM = """
import sys
from pathlib import Path
from shared.stores.records import Records
from shared.settings import Settings

print("ready", flush=True)
sys.stdin.readline()
records = Records(Settings(results_db=Path(sys.argv[1])), "job", 60)
print(sum(records.claim({"key": f"k{n}"}, 30_000)[0] == "mine" for n in range(40)))
"""


@pytest.fixture
def aws(monkeypatch):
    with in_memory(monkeypatch):
        make_table(TABLE, "id")
        make_bucket(BUCKET)
        yield


@pytest.fixture(params=["sqlite", "dynamo"])
def store_settings(request, tmp_path):
    if request.param == "sqlite":
        return Settings(results_db=tmp_path / "deep" / "results.db")
    request.getfixturevalue("aws")
    return Settings(results_table=TABLE, results_bucket=BUCKET)


@pytest.fixture
def records(store_settings):
    return Records(store_settings, "job", 60)


@pytest.fixture
def jobs(store_settings):
    return JobStore(store_settings)


def key(name="a", payload=None):
    return {"key": name} if payload is None else {"key": name, "payload": payload}


def test_the_first_claim_is_the_callers_and_the_second_finds_it_running(records, store_settings):
    assert records.claim(key(), LEASE_MS) == ("mine", None)
    assert Records(store_settings, "job", 60).claim(key(), LEASE_MS) == ("running", None)
    assert records.read(key()) == ("running", None)


def test_what_is_complete_is_told_to_whoever_claims_it(records):
    body = {"n": 0.25, "s": "ü", "l": [1, None]}
    records.claim(key(), LEASE_MS)
    records.complete(key(), body)
    assert records.claim(key(), LEASE_MS) == ("done", body)
    assert records.read(key()) == ("done", body)


def test_a_lease_that_ran_out_is_anyones(records):
    records.claim(key(), 1)
    time.sleep(0.05)
    assert records.read(key()) == ("waiting", None)
    assert records.claim(key(), LEASE_MS) == ("mine", None)


def test_what_is_released_is_anyones(records):
    records.claim(key(), LEASE_MS)
    records.release(key())
    assert records.read(key()) == ("none", None)
    assert records.claim(key(), LEASE_MS) == ("mine", None)


def test_kinds_and_keys_do_not_meet(records, store_settings):
    records.claim(key("a"), LEASE_MS)
    assert records.claim(key("b"), LEASE_MS)[0] == "mine"
    assert Records(store_settings, "http", 60).claim(key("a"), LEASE_MS)[0] == "mine"


@pytest.mark.parametrize("complete", [True, False])
def test_a_validated_key_stands_for_one_payload(store_settings, complete):
    records = Records(store_settings, "http", 60, validated=True)
    records.claim(key("a", "one"), LEASE_MS)
    if complete:
        records.complete(key("a", "one"), 1)
    assert records.claim(key("a", "one"), LEASE_MS)[0] == ("done" if complete else "running")
    with pytest.raises(KeyReused):
        records.claim(key("a", "two"), LEASE_MS)


def test_a_validated_key_keeps_its_payload_when_its_lease_ran_out(store_settings):
    """Whose process died is to be run again, and not another one in its place."""
    records = Records(store_settings, "job", 60, validated=True)
    records.claim(key("a", "one"), 1)
    time.sleep(0.05)
    with pytest.raises(KeyReused):
        records.claim(key("a", "two"), LEASE_MS)
    assert records.claim(key("a", "one"), LEASE_MS)[0] == "mine"
    records.release(key("a", "one"))
    assert records.claim(key("a", "two"), LEASE_MS)[0] == "mine"


def test_an_expired_record_is_as_if_it_never_was(store_settings):
    records = Records(store_settings, "job", -5)
    records.claim(key(), LEASE_MS)
    records.complete(key(), 1)
    assert records.read(key()) == ("none", None)
    assert records.claim(key(), LEASE_MS)[0] == "mine"


def test_a_large_result_comes_back_whole(records):
    body = {"text": "ü" * MAX_ITEM_BYTES}
    records.claim(key(), LEASE_MS)
    records.complete(key(), body)
    assert records.read(key()) == ("done", body)
    assert records.claim(key(), LEASE_MS) == ("done", body)


def test_a_large_result_is_in_the_bucket_and_not_in_the_table(aws):
    records = Records(Settings(results_table=TABLE, results_bucket=BUCKET), "job", 60)
    records.complete(key(), "x" * MAX_ITEM_BYTES)
    (item,) = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    assert len(item["data"]["S"]) < 200
    (found,) = boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert found["Key"].startswith("jobs/")
    assert found["Size"] == MAX_ITEM_BYTES + 2


def test_a_large_result_without_a_bucket_is_an_error_that_says_what_to_do(aws):
    jobs = JobStore(Settings(results_table=TABLE))
    errors = jobs.succeed({job_key("large"): "x" * MAX_ITEM_BYTES, job_key("small"): 1})
    jobs.queue(job_key("small"))
    assert set(errors) == {job_key("large")}
    assert isinstance(errors[job_key("large")], ResultTooLarge)
    assert "RESULTS_BUCKET" in errors[job_key("large")].detail
    assert jobs.read("small").result == 1


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.floats(-1, 1),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_json_comes_back_as_it_was(records, body):
    records.complete(key(), body)
    assert records.read(key()) == ("done", body)


def test_many_are_claimed_at_once_and_each_is_told_of_its_own(jobs):
    ids = [job_key(f"id-{n}") for n in range(60)]
    jobs.succeed({key_: key_.id for key_ in ids[:20]})
    jobs.claim(ids[20:40], LEASE_MS)
    expected = ["done"] * 20 + ["running"] * 20 + ["mine"] * 20
    assert jobs.claim(ids, LEASE_MS) == dict(zip(ids, expected, strict=True))


def test_a_job_from_its_queue_to_its_result(jobs):
    assert jobs.read("a") is None
    jobs.queue(job_key("a"))
    time.sleep(0.01)
    assert jobs.read("a").status == "queued"
    assert jobs.claim([job_key("a")], LEASE_MS) == {job_key("a"): "mine"}
    assert jobs.read("a").status == "running"
    assert jobs.succeed({job_key("a"): [1]}) == {}
    assert (jobs.read("a").status, jobs.read("a").result) == ("succeeded", [1])


def test_a_job_whose_message_was_not_sent_is_unknown_again(jobs):
    jobs.queue(job_key("a"))
    jobs.forget(job_key("a"))
    assert jobs.read("a") is None


def test_why_a_job_failed_is_kept_and_its_next_delivery_runs(jobs):
    jobs.claim([job_key("a")], LEASE_MS)
    jobs.fail(job_key("a"), InvalidRequest("no such field"), attempt=1)
    job = jobs.read("a")
    assert job.status == "failed"
    assert job.failure == Failure(InvalidRequest("no such field").problem("a"), 1, final=True)
    assert jobs.claim([job_key("a")], LEASE_MS) == {job_key("a"): "mine"}
    assert jobs.read("a").status == "running"
    jobs.succeed({job_key("a"): 2})
    assert (jobs.read("a").status, jobs.read("a").result) == ("succeeded", 2)


def test_what_may_pass_is_queued_until_its_last_delivery(jobs):
    statuses = []
    for attempt in (1, 2, 3):
        jobs.claim([job_key("a")], LEASE_MS)
        jobs.fail(job_key("a"), StoreUnavailable("away"), attempt)
        statuses.append(jobs.read("a").status)
    assert statuses == ["queued", "queued", "failed"]


def test_processes_that_claim_the_same_get_each_once(tmp_path):
    command = [sys.executable, "-c", CLAIM, str(tmp_path / "new" / "results.db")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [subprocess.Popen(command, cwd=ROOT, text=True, **pipes) for _ in range(CLAIMANTS)]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * CLAIMANTS
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * CLAIMANTS, told
    assert sum(int(out) for out, _ in told) == 40


def test_threads_that_claim_the_same_get_it_once(tmp_path):
    all_records = [
        Records(Settings(results_db=tmp_path / "results.db"), "job", 60) for _ in range(8)
    ]
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda records: records.claim(key(), LEASE_MS)[0], all_records))
    assert sorted(claims) == ["mine", *["running"] * 7]


def test_a_missing_table_is_a_retryable_error(aws):
    with pytest.raises(StoreUnavailable):
        Records(Settings(results_table="other"), "job", 60).claim(key(), LEASE_MS)


def test_a_missing_bucket_is_a_retryable_error(aws):
    records = Records(Settings(results_table=TABLE, results_bucket="other"), "job", 60)
    with pytest.raises(StoreUnavailable):
        records.complete(key(), "x" * MAX_ITEM_BYTES)


def test_a_file_that_is_no_database_is_a_retryable_error(tmp_path):
    (tmp_path / "results.db").write_text("not a database, but long enough to be read as one" * 40)
    with pytest.raises(StoreUnavailable):
        Records(Settings(results_db=tmp_path / "results.db"), "job", 60)


def test_what_is_added_stays_and_a_later_addition_is_told_of_it(records, store_settings):
    assert records.add({"key": "k"}, {"n": 1}) is None
    assert records.add({"key": "k"}, {"n": 2}) == {"n": 1}
    assert records.read({"key": "k"}) == ("done", {"n": 1})
    expired = Records(store_settings, "job", -60)
    expired.complete({"key": "old"}, {"n": 1})
    assert records.add({"key": "old"}, {"n": 3}) is None
    assert records.read({"key": "old"}) == ("done", {"n": 3})
