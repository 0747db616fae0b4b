"""What is a record's own; tests/contract/test_records.py has what both stores must keep."""

import json
import threading
import time

import boto3
import pytest
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
)

from shared.errors import ResultTooLarge, StoreUnavailable
from shared.settings import Settings
from shared.stores.records import MAX_ITEM_BYTES, OBJECTS_PREFIX, Records
from tests.aws import in_memory, make_bucket, make_table

TABLE, BUCKET = "results", "results-bucket"
TTL_S = 600
KEY = {"key": "a"}


@pytest.fixture
def aws(monkeypatch):
    with in_memory(monkeypatch):
        make_table(TABLE, "id")
        make_bucket(BUCKET)
        yield


@pytest.fixture
def in_table(aws):
    return Records(Settings(results_table=TABLE, results_bucket=BUCKET), "job", TTL_S)


@pytest.fixture
def in_file(tmp_path):
    return Records(Settings(results_db=tmp_path / "results.db"), "job", TTL_S)


def items(table=TABLE):
    return boto3.client("dynamodb").scan(TableName=table)["Items"]


def body_of(size_bytes):
    """A body whose JSON has so many bytes."""
    return "x" * (size_bytes - len(json.dumps("")))


def number(item, name):
    """A number of an item, whose digits behind the point tell one claim from another."""
    return int(item[name]["N"].split(".")[0])


@pytest.mark.parametrize("key", [{"key": "ä\0b", "payload": "c"}, {"key": "d"}])
def test_a_record_is_the_one_that_powertools_itself_would_write(aws, key):
    """Versions before 0.3 left the writing to it, and their records are kept for days."""
    make_table("powertools", "id")
    ours = Records(Settings(results_table=TABLE), "job", TTL_S, validated=True)
    layer = DynamoDBPersistenceLayer("powertools", expiry_attr="expires_at")
    layer.configure(
        IdempotencyConfig(
            event_key_jmespath="key",
            payload_validation_jmespath="payload",
            expires_after_seconds=TTL_S,
            hash_function="sha256",
        ),
        key_prefix="job",
    )
    ours.claim(key, 60_000)
    layer.save_inprogress(key, 60_000)
    ours.complete(key, {"b": 1, "a": ["é"]})
    layer.save_success(key, {"body": {"b": 1, "a": ["é"]}})
    (item,), (other,) = items(), items("powertools")
    for name, most in (("expires_at", 2), ("in_progress_expiration", 2_000)):
        assert number(item, name) == pytest.approx(number(other, name), abs=most)
        del item[name], other[name]
    assert item == other
    ours.release(key)
    assert items() == []


@pytest.mark.parametrize("validated", [True, False])
def test_what_powertools_wrote_is_read(aws, validated):
    layer = DynamoDBPersistenceLayer(TABLE, expiry_attr="expires_at")
    layer.configure(
        IdempotencyConfig(
            event_key_jmespath="key",
            payload_validation_jmespath="payload" if validated else "",
            hash_function="sha256",
        ),
        key_prefix="job",
    )
    key = {"key": "a", "payload": "c"}
    records = Records(Settings(results_table=TABLE), "job", TTL_S, validated=validated)
    layer.save_inprogress(key, 60_000)
    assert records.read(key) == ("running", None)
    assert records.claim(key, 60_000) == ("running", None)
    layer.save_success(key, {"body": [1]})
    assert records.claim(key, 60_000) == ("done", [1])


def test_over_the_network_several_are_done_at_once_and_stay_in_order(in_table):
    met = threading.Barrier(4, timeout=10)

    def do(item):
        met.wait()  # which none passes alone
        return item * 2

    assert in_table.each(do, range(4)) == [0, 2, 4, 6]


def test_in_a_file_one_is_done_after_the_other(in_file):
    threads = in_file.each(lambda _: threading.get_ident(), range(4))
    assert threads == [threading.get_ident()] * 4


def test_a_single_one_starts_no_thread(in_table):
    assert in_table.each(lambda _: threading.get_ident(), [0]) == [threading.get_ident()]


def test_what_one_raises_is_raised(in_table):
    with pytest.raises(ZeroDivisionError):
        in_table.each(lambda item: 1 // item, [1, 0, 1])


def test_the_table_can_expire_its_items_by_the_attribute_that_the_template_names(in_table):
    in_table.complete(KEY, 1)
    (item,) = items()
    assert float(item["expires_at"]["N"]) == pytest.approx(time.time() + TTL_S, abs=5)


def test_a_body_is_in_the_table_up_to_the_limit_and_in_the_bucket_above_it(in_table):
    s3 = boto3.client("s3")
    in_table.complete({"key": "most"}, body_of(MAX_ITEM_BYTES))
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
    in_table.complete({"key": "more"}, body_of(MAX_ITEM_BYTES + 1))
    (found,) = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert found["Key"].startswith(OBJECTS_PREFIX)
    for name, size_bytes in (("most", MAX_ITEM_BYTES), ("more", MAX_ITEM_BYTES + 1)):
        assert in_table.read({"key": name}) == ("done", body_of(size_bytes))


def test_a_second_large_body_under_a_key_replaces_the_first_ones_object(in_table):
    large = body_of(MAX_ITEM_BYTES + 1)
    in_table.complete(KEY, large)
    in_table.complete(KEY, large.replace("x", "y"))
    assert boto3.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1
    assert in_table.read(KEY) == ("done", large.replace("x", "y"))


def test_without_a_bucket_a_large_body_is_refused_with_both_figures(aws):
    records = Records(Settings(results_table=TABLE), "job", TTL_S)
    with pytest.raises(ResultTooLarge) as raised:
        records.complete(KEY, body_of(MAX_ITEM_BYTES + 1))
    assert f"{MAX_ITEM_BYTES:,}" in raised.value.detail
    assert f"{MAX_ITEM_BYTES + 1:,}" in raised.value.detail
    assert items() == []


def test_a_file_has_no_such_limit(in_file):
    large = body_of(4 * MAX_ITEM_BYTES)
    in_file.complete(KEY, large)
    assert in_file.read(KEY) == ("done", large)


def test_an_object_that_is_gone_is_an_answer_that_cannot_be_had_now(in_table):
    in_table.complete(KEY, body_of(MAX_ITEM_BYTES + 1))
    (found,) = boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=found["Key"])
    with pytest.raises(StoreUnavailable, match="result store"):
        in_table.read(KEY)


@pytest.mark.parametrize("body", [None, False, 0, "", [], {}])
def test_a_body_of_nothing_is_done_all_the_same(in_file, body):
    in_file.complete(KEY, body)
    assert in_file.read(KEY) == ("done", body)
    assert in_file.claim(KEY, 1_000) == ("done", body)


def test_records_of_two_kinds_have_objects_of_their_own(in_table):
    failures = Records(Settings(results_table=TABLE, results_bucket=BUCKET), "failure", TTL_S)
    in_table.complete(KEY, body_of(MAX_ITEM_BYTES + 1))
    failures.complete(KEY, body_of(MAX_ITEM_BYTES + 2))
    assert in_table.read(KEY) == ("done", body_of(MAX_ITEM_BYTES + 1))


def test_a_claim_whose_answer_was_lost_is_still_the_claimants(in_table, monkeypatch):
    client = in_table._store._client
    put = client.put_item

    def put_twice(**request):
        put(**request)  # whose answer is lost: botocore sends it again
        return put(**request)

    monkeypatch.setattr(client, "put_item", put_twice)
    assert in_table.claim(KEY, 60_000) == ("mine", None)
    monkeypatch.setattr(client, "put_item", put)
    assert in_table.claim(KEY, 60_000) == ("running", None)
