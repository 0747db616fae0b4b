import sqlite3
import time
from contextlib import closing
from functools import partial

import pytest
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord

from shared.stores.sqlite_records import SqlitePersistenceLayer

COLUMNS = (
    "idempotency_key",
    "status",
    "expiry_timestamp",
    "in_progress_expiry_timestamp",
    "response_data",
    "payload_hash",
)


def seconds(from_now):
    return int(time.time()) + from_now


def running(key="a", lease_s=60, expires_s=60, payload_hash=""):
    until_ms = int((time.time() + lease_s) * 1e3)
    return DataRecord(key, "INPROGRESS", seconds(expires_s), until_ms, "", payload_hash)


def done(key="a", expires_s=60, data='{"body": 1}', payload_hash=""):
    return DataRecord(key, "COMPLETED", seconds(expires_s), None, data, payload_hash)


def fields(record):
    return tuple(getattr(record, name) or None for name in COLUMNS)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "records.db"


def open_layer(path, validated=""):
    layer = SqlitePersistenceLayer(path, "store")
    layer.configure(IdempotencyConfig(payload_validation_jmespath=validated), key_prefix="test")
    return layer


@pytest.fixture
def layer(path):
    return open_layer(path)


def keys(path):
    with closing(sqlite3.connect(path)) as connection:
        return sorted(key for (key,) in connection.execute("SELECT id FROM records"))


@pytest.mark.parametrize("make", [running, done, partial(done, payload_hash="00ff")])
def test_a_record_comes_back_with_every_field(layer, make):
    record = make()
    layer._put_record(record)
    assert fields(layer._get_record("a")) == fields(record)


def test_a_key_without_a_record_is_not_found(layer):
    with pytest.raises(IdempotencyItemNotFoundError):
        layer._get_record("a")


@pytest.mark.parametrize("make", [running, done])
def test_a_record_that_holds_is_not_replaced_but_given(layer, make):
    known = make()
    layer._put_record(known)
    with pytest.raises(IdempotencyItemAlreadyExistsError) as raised:
        layer._put_record(running(lease_s=120))
    assert fields(raised.value.old_data_record) == fields(known)
    assert fields(layer._get_record("a")) == fields(known)


@pytest.mark.parametrize(
    "make",
    [partial(running, lease_s=-1), partial(running, expires_s=-5), partial(done, expires_s=-5)],
)
def test_a_record_whose_time_is_over_is_replaced(layer, make):
    layer._update_record(make())
    new = running(lease_s=30)
    layer._put_record(new)
    assert fields(layer._get_record("a")) == fields(new)


def test_an_answer_outlives_the_lease_of_its_run(layer):
    layer._put_record(running(lease_s=-1))
    layer._update_record(done())
    with pytest.raises(IdempotencyItemAlreadyExistsError):
        layer._put_record(running())


def test_a_claim_removes_what_has_expired_under_other_keys(layer, path):
    for record in (done("old", expires_s=-5), done("kept"), running("lost", lease_s=-1)):
        layer._update_record(record)
    layer._put_record(running("new"))
    assert keys(path) == ["kept", "lost", "new"]


def test_a_claim_that_fails_removes_nothing(layer, path):
    layer._update_record(done("old", expires_s=-5))
    layer._update_record(done("a"))
    with pytest.raises(IdempotencyItemAlreadyExistsError):
        layer._put_record(running("a"))
    assert keys(path) == ["a", "old"]


def test_another_payload_under_a_known_key_is_refused(path):
    layer = open_layer(path, validated="payload")
    layer._put_record(done(payload_hash="one"))
    with pytest.raises(IdempotencyValidationError):
        layer._put_record(running(payload_hash="two"))
    with pytest.raises(IdempotencyItemAlreadyExistsError):
        layer._put_record(running(payload_hash="one"))


def test_a_deleted_record_is_gone_and_others_stay(layer, path):
    layer._put_record(done("a"))
    layer._put_record(done("b"))
    layer._delete_record(done("a"))
    layer._delete_record(done("never there"))
    assert keys(path) == ["b"]


def test_records_outlive_the_layer(layer, path):
    layer._put_record(done())
    assert SqlitePersistenceLayer(path, "store")._get_record("a").response_data == '{"body": 1}'
