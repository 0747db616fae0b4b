"""One contract for both result stores."""

import time

import boto3
import pytest
from moto import mock_aws

from shared.errors import StoreUnavailable
from shared.store import DynamoResultStore, SqliteResultStore, StoredResult

TABLE = "results"
TTL_S = 60


@pytest.fixture
def dynamo(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        yield


@pytest.fixture(params=["sqlite", "dynamo"])
def make_store(request, tmp_path):
    if request.param == "sqlite":
        return lambda ttl_s=TTL_S: SqliteResultStore(tmp_path / "deep" / "results.db", ttl_s)
    request.getfixturevalue("dynamo")
    return lambda ttl_s=TTL_S: DynamoResultStore(TABLE, ttl_s)


def result(id_: str, number: float = 0.25) -> StoredResult:
    return StoredResult(id_, "intent", "succeeded", {"n": number, "s": "ü", "l": [1, None]})


def test_what_was_put_comes_back(make_store):
    store = make_store()
    store.put_many([result("a"), result("b")])
    assert store.get_many(["a", "b", "c"]) == {"a": result("a"), "b": result("b")}


def test_another_instance_sees_it(make_store):
    make_store().put_many([result("a")])
    assert make_store().get_many(["a"])["a"] == result("a")


def test_a_known_id_is_replaced_even_within_one_call(make_store):
    store = make_store()
    store.put_many([result("a", 1.0), result("a", 2.0)])
    store.put_many([result("a", 3.0)])
    assert store.get_many(["a", "a"])["a"].body["n"] == 3.0


def test_an_expired_result_is_gone(make_store, monkeypatch):
    store = make_store(ttl_s=1)
    store.put_many([result("a")])
    later = time.time() + 5
    monkeypatch.setattr("shared.store.time.time", lambda: later)
    assert store.get_many(["a"]) == {}


def test_more_than_one_call_takes(make_store):
    store = make_store()
    ids = [f"id-{i}" for i in range(230)]
    store.put_many([result(id_) for id_ in ids])
    assert set(store.get_many(ids)) == set(ids)


def test_no_ids_no_results(make_store):
    assert make_store().get_many([]) == {}


def test_a_missing_table_is_a_retryable_error(dynamo):
    with pytest.raises(StoreUnavailable):
        DynamoResultStore("other", TTL_S).get_many(["a"])


def test_a_file_that_is_no_database_is_a_retryable_error(tmp_path):
    (tmp_path / "results.db").write_text("not a database, but long enough to be read as one" * 40)
    with pytest.raises(StoreUnavailable):
        SqliteResultStore(tmp_path / "results.db", TTL_S)
