import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from functools import partial

import pytest

from shared.stores.record import DONE, RUNNING, Record
from shared.stores.sqlite_records import SqliteRecords


def seconds(from_now):
    return int(time.time()) + from_now


def running(key="a", lease_s=60, expires_s=60, payload_hash=""):
    until_ms = int((time.time() + lease_s) * 1e3)
    return Record(key, RUNNING, seconds(expires_s), until_ms, "", payload_hash)


def done(key="a", expires_s=60, data='{"body": 1}', payload_hash=""):
    return Record(key, DONE, seconds(expires_s), None, data, payload_hash)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "records.db"


@pytest.fixture
def store(path):
    return SqliteRecords(path, "store")


def keys(path):
    with closing(sqlite3.connect(path)) as connection:
        return sorted(key for (key,) in connection.execute("SELECT id FROM records"))


@pytest.mark.parametrize("make", [running, done, partial(done, payload_hash="00ff")])
def test_a_record_comes_back_with_every_field(store, make):
    record = make()
    assert store.add(record) is None
    assert store.get("a") == record


def test_a_key_without_a_record_has_none(store):
    assert store.get("a") is None


@pytest.mark.parametrize("make", [running, done])
def test_a_record_that_holds_is_not_replaced_but_given(store, make):
    known = make()
    store.add(known)
    assert store.add(running(lease_s=120)) == known
    assert store.get("a") == known


@pytest.mark.parametrize(
    "make",
    [partial(running, lease_s=-1), partial(running, expires_s=-5), partial(done, expires_s=-5)],
)
def test_a_record_whose_time_is_over_is_replaced(store, make):
    store.complete(make())
    new = running(lease_s=30)
    assert store.add(new) is None
    assert store.get("a") == new


def test_an_answer_outlives_the_lease_of_its_run(store):
    store.add(running(lease_s=-1))
    store.complete(done())
    assert store.add(running()) == store.get("a")
    assert store.get("a").status == DONE


def test_a_claim_removes_what_has_expired_under_other_keys(store, path):
    for record in (done("old", expires_s=-5), done("kept"), running("lost", lease_s=-1)):
        store.complete(record)
    store.add(running("new"))
    assert keys(path) == ["kept", "lost", "new"]


def test_a_claim_that_fails_removes_nothing(store, path):
    store.complete(done("old", expires_s=-5))
    store.complete(done("a"))
    assert store.add(running("a")) is not None
    assert keys(path) == ["a", "old"]


@pytest.mark.parametrize("make", [done, partial(running, lease_s=-1)])
def test_another_payload_under_a_known_key_does_not_replace_it(store, make):
    known = make(payload_hash="one")
    store.complete(known)
    assert store.add(running(payload_hash="two")) == known
    assert store.get("a") == known


def test_the_same_payload_takes_over_where_a_lease_ran_out(store):
    store.complete(running(lease_s=-1, payload_hash="one"))
    new = running(payload_hash="one")
    assert store.add(new) is None
    assert store.get("a") == new


def test_a_deleted_record_is_gone_and_others_stay(store, path):
    store.add(done("a"))
    store.add(done("b"))
    store.delete("a")
    store.delete("never there")
    assert keys(path) == ["b"]


def test_records_outlive_the_store(store, path):
    record = replace(done(), data='{"body": 2}')
    store.add(record)
    assert SqliteRecords(path, "store").get("a") == record
