"""One contract for both stores of items' fields, and for both of recommendations' outcomes."""

import time
from collections import Counter

import pytest

from functions.recommendation.items import SqliteItemStore
from functions.recommendation.items_table import LATE_S, TOLD_S, DynamoItemStore
from functions.recommendation.outcomes import Credit, SqliteOutcomeStore
from functions.recommendation.outcomes_table import DynamoOutcomeStore
from shared.errors import StoreUnavailable
from tests.contract.conftest import HISTORY_TABLE as TABLE


@pytest.fixture
def make_store(kind, history_db):
    if kind == "sqlite":
        return lambda: SqliteItemStore(history_db)
    return lambda: DynamoItemStore(TABLE)


@pytest.fixture
def store(make_store):
    return make_store()


def known(changed) -> dict:
    """Fields by item after changes that may come more than once, in any order."""
    newest = {}
    for item in changed:
        if item.version >= newest.get(item.item_id, item).version:
            newest[item.item_id] = item
    return {item_id: item.fields for item_id, item in newest.items()}


def test_fields_that_are_not_named_stay_and_none_deletes_one(make_store):
    make_store().write([("a/b", {"price": 2.5, "stock": 3.0}), ("c", {"colour": "red"})])
    make_store().write([("a/b", {"stock": 0.0, "active": False})])
    assert make_store().read("a/b").fields == {"price": 2.5, "stock": 0.0, "active": False}
    make_store().write([("a/b", {"price": None, "stock": None})])
    assert make_store().read("a/b").fields == {"active": False}
    assert make_store().read("c").fields == {"colour": "red"}
    assert make_store().read("d") is None


def test_a_version_grows_with_each_write(store):
    versions = []
    for stock in range(3):
        store.write([("a", {"stock": float(stock)})])
        versions.append(store.read("a").version)
    assert versions == sorted(set(versions))


def test_what_has_changed_since(store):
    store.write([(f"i{n}", {"stock": float(n)}) for n in range(30)])
    found, since = store.changes()
    assert known(found) == {f"i{n}": {"stock": float(n)} for n in range(30)}
    store.write([("i7", {"stock": 70.0}), ("new", {"price": 1.0})])
    found, since = store.changes(since)
    changed = known(found)
    assert (changed["i7"], changed["new"]) == ({"stock": 70.0}, {"price": 1.0})
    store.write([("i7", {"stock": None})])
    found, _ = store.changes(since)
    assert known(found)["i7"] == {}


def test_an_item_that_is_written_twice_at_once_has_the_last_value(store):
    store.write([("a", {"stock": 1.0})])
    _, since = store.changes()
    store.write([("a", {"stock": 2.0})])
    store.write([("a", {"price": 9.0})])
    assert known(store.changes(since)[0])["a"] == {"stock": 2.0, "price": 9.0}


def test_nothing_new_is_one_query_of_dynamodb(dynamo, monkeypatch):
    store = DynamoItemStore(TABLE)
    store.write([(f"i{n}", {"stock": 1.0}) for n in range(5)])
    now = time.time()
    monkeypatch.setattr("functions.recommendation.items_table.time.time", lambda: now + LATE_S + 1)
    _, since = store.changes()
    calls = []
    events = store._table.meta.client.meta.events
    events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    assert store.changes(since)[0] == []
    assert calls == ["Query"]


def test_who_asks_late_is_told_of_all_items(dynamo, monkeypatch):
    store = DynamoItemStore(TABLE)
    store.write([("a", {"stock": 1.0})])
    _, since = store.changes()
    now = time.time()
    monkeypatch.setattr("functions.recommendation.items_table.time.time", lambda: now + 2 * TOLD_S)
    assert known(store.changes(since)[0]) == {"a": {"stock": 1.0}}


def test_more_than_one_record_holds_is_told_of(dynamo, monkeypatch):
    monkeypatch.setattr("functions.recommendation.items_table.MOST_TOLD_BYTES", 200)
    store = DynamoItemStore(TABLE)
    _, since = store.changes()
    store.write([(f"i{n}", {"text": "x" * 50}) for n in range(40)])
    assert len(known(store.changes(since)[0])) == 40


def test_a_table_that_is_away_is_a_retryable_error(dynamo):
    store = DynamoItemStore("other")
    for ask in (store.changes, lambda: store.read("a"), lambda: store.write([("a", {"b": 1.0})])):
        with pytest.raises(StoreUnavailable, match="item store"):
            ask()


@pytest.fixture
def outcomes(kind, history_db):
    return SqliteOutcomeStore(history_db) if kind == "sqlite" else DynamoOutcomeStore(TABLE)


def test_an_item_of_an_answer_counts_once_of_each_kind(outcomes):
    seen, bought = Credit("r1", "a/b", "view"), Credit("r1", "a/b", "purchase")
    assert outcomes.credit([seen]) == Counter(view=1)
    assert outcomes.credit([seen, bought]) == Counter(purchase=1)
    assert outcomes.credit([Credit("r2", "a/b", "view"), Credit("r1", "c", "view")])["view"] == 2
    outcomes.shown(10)


def test_one_machine_has_the_counts_by_day(tmp_path, monkeypatch):
    store = SqliteOutcomeStore(tmp_path / "history.db")
    store.shown(10)
    store.shown(5)
    store.credit([Credit("r1", "a", "view"), Credit("r1", "a", "cart"), Credit("r1", "b", "view")])
    (counts,) = SqliteOutcomeStore(tmp_path / "history.db").days().values()
    assert counts == {
        "RecommendedItems": 15,
        "RecommendedItemsViewed": 2,
        "RecommendedItemsCarted": 1,
    }
