"""One contract for both history stores."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError
from moto.dynamodb.models import DynamoDBBackend

from functions.recommendation.history import (
    SqliteHistoryStore,
    UserEvent,
    get_history_store,
)
from functions.recommendation.history_table import DynamoHistoryStore
from shared.errors import DeadlineNear, StoreUnavailable
from shared.settings import get_settings
from tests.contract.conftest import HISTORY_TABLE as TABLE

ROOT = Path(__file__).resolve().parents[2]
TTL_S = 60
NOW = 1_700_000_000.0
WRITERS = 8
EACH = 40  # events of one writer, of which the next writer has all but 10
DISTINCT = 10 * (WRITERS - 1) + EACH
USERS = ("u0", "u1", "u2")
WRITER = """
import sys
from pathlib import Path
from functions.recommendation.history import SqliteHistoryStore, UserEvent

print("ready", flush=True)
sys.stdin.readline()
store = SqliteHistoryStore(Path(sys.argv[1]), 60)
first, each = int(sys.argv[2]), int(sys.argv[3])
events = [
    UserEvent(f"u{n % 3}", f"i{n}", "view", 1_700_000_000.0 + n)
    for n in range(first, first + each)
]
print(sum(store.record(events[start : start + 8]) for start in range(0, each, 8)))
"""


@pytest.fixture
def make_store(kind, history_db):
    if kind == "sqlite":
        return lambda ttl_s=TTL_S: SqliteHistoryStore(history_db, ttl_s)
    return lambda ttl_s=TTL_S: DynamoHistoryStore(TABLE, ttl_s)


@pytest.fixture
def store(make_store):
    return make_store()


def refuse(**_):
    """A call of DynamoDB that does not reach it."""
    raise EndpointConnectionError(endpoint_url="https://dynamodb")


def view(
    item: str, at: float, *, user: str = "ann", kind: str = "view", id_: str = ""
) -> UserEvent:
    return UserEvent(user, item, kind, NOW + at, id_)


def items(store, user: str = "ann", count: int = 100) -> list[str]:
    return [event.item_id for event in store.newest(user, count)]


def test_what_was_recorded_comes_back(store):
    events = [view("a", 0.25), view("b", 1, kind="cart"), view("c", 2.5, kind="purchase")]
    assert store.record(events) == 3
    assert store.newest("ann", 10) == events


def test_another_instance_sees_it(make_store):
    make_store().record([view("a", 0)])
    assert items(make_store()) == ["a"]


def test_a_user_without_events_has_none(store):
    assert store.newest("nobody", 10) == []


def test_no_events_are_none_recorded(store):
    assert store.record([]) == 0


def test_the_newest_come_oldest_first_in_whatever_order_they_were_sent(store):
    for at in (5, 1, 9, 3):
        store.record([view(f"i{at}", at)])
    store.record([view("i7", 7), view("i0", 0), view("i8", 8)])
    assert items(store) == ["i0", "i1", "i3", "i5", "i7", "i8", "i9"]
    assert items(store, count=3) == ["i7", "i8", "i9"]
    assert items(store, count=1) == ["i9"]


def test_time_is_compared_as_a_number_and_not_as_text(store):
    times = [0.0, 9.5, 10.0, 99.0, 1_000.25, 999_999_999.0, 4_102_444_800.0]
    store.record([UserEvent("ann", f"{at}", "view", at) for at in reversed(times)])
    assert [event.timestamp for event in store.newest("ann", 10)] == times


def test_events_a_microsecond_apart_are_two(store):
    assert store.record([view("a", 0), view("a", 1e-6)]) == 2
    assert len(store.newest("ann", 10)) == 2


def test_a_duplicate_counts_once_within_a_call_and_across_calls_and_instances(make_store):
    store = make_store()
    assert store.record([view("a", 0), view("b", 1), view("a", 0)]) == 2
    assert store.record([view("b", 1), view("c", 2)]) == 1
    assert make_store().record([view("a", 0), view("b", 1), view("c", 2)]) == 0
    assert items(store) == ["a", "b", "c"]


def test_the_senders_own_id_decides_what_is_a_duplicate(store):
    assert store.record([view("a", 0, id_="e1"), view("a", 0, id_="e1")]) == 1
    assert store.record([view("b", 0, kind="cart", id_="e1")]) == 0
    assert store.record([view("a", 0, id_="e2")]) == 1
    assert items(store) == ["a", "a"]
    assert {event.event for event in store.newest("ann", 10)} == {"view"}


def test_an_id_at_another_time_is_another_event(store):
    assert store.record([view("a", 0, id_="e1"), view("a", 1, id_="e1")]) == 2


def test_the_same_item_and_time_with_another_kind_is_another_event(store):
    events = [view("a", 0, kind=kind) for kind in ("view", "cart", "purchase")]
    assert store.record(events) == 3
    assert {event.event for event in store.newest("ann", 10)} == {"view", "cart", "purchase"}


def test_item_and_kind_cannot_be_shifted_into_each_other(store):
    assert store.record([view("a", 0), view("a\0", 0), view("view\0a", 0)]) == 3


def test_users_are_apart(store):
    store.record([view("a", 0, user="ann"), view("b", 0, user="bob"), view("a", 0, user="ANN")])
    assert (items(store, "ann"), items(store, "bob")) == (["a"], ["b"])
    assert items(store, "an") == []
    assert store.record([view("a", 0, user="bob")]) == 1


def test_an_expired_event_is_not_returned(make_store, monkeypatch):
    store = make_store(ttl_s=10)
    store.record([view("a", 0)])
    start = time.time()
    monkeypatch.setattr("functions.recommendation.history.time.time", lambda: start + 5)
    store.record([view("b", 1)])
    assert items(store) == ["a", "b"]
    monkeypatch.setattr("functions.recommendation.history.time.time", lambda: start + 12)
    assert items(store) == ["b"]
    monkeypatch.setattr("functions.recommendation.history.time.time", lambda: start + 17)
    assert items(store) == []


@pytest.mark.parametrize("expired", [1, 3, 4, 50])
def test_expired_events_do_not_take_the_place_of_others(expired, make_store, monkeypatch):
    """The store may keep events for a while after they have expired."""
    store = make_store(ttl_s=10)
    store.record([view(f"old{n}", 100 + n) for n in range(expired)])
    start = time.time()
    monkeypatch.setattr("functions.recommendation.history.time.time", lambda: start + 6)
    store.record([view(f"i{n}", n) for n in range(5)])
    assert items(store, count=expired + 3) == [
        "i2",
        "i3",
        "i4",
        *(f"old{n}" for n in range(expired)),
    ]
    monkeypatch.setattr("functions.recommendation.history.time.time", lambda: start + 12)
    assert items(store, count=3) == ["i2", "i3", "i4"]
    assert items(store, count=4) == ["i1", "i2", "i3", "i4"]
    assert items(store, count=100) == ["i0", "i1", "i2", "i3", "i4"]


def test_an_expired_event_that_is_sent_again_is_new(make_store, monkeypatch):
    store = make_store(ttl_s=10)
    store.record([view("a", 0)])
    later = time.time() + 20
    monkeypatch.setattr("functions.recommendation.history.time.time", lambda: later)
    assert store.record([view("a", 0)]) == 1
    assert items(store) == ["a"]
    assert store.record([view("a", 0)]) == 0


def test_a_duplicate_does_not_prolong_an_event(make_store, monkeypatch):
    store = make_store(ttl_s=10)
    store.record([view("a", 0)])
    start = time.time()
    monkeypatch.setattr("functions.recommendation.history.time.time", lambda: start + 6)
    assert store.record([view("a", 0)]) == 0
    monkeypatch.setattr("functions.recommendation.history.time.time", lambda: start + 12)
    assert items(store) == []


@pytest.mark.parametrize(
    "id_", ["Ünï-ço∂é", "顧客 7", "😀🛒", "a/b?c#d", "'; --", "x" * 256, "漢" * 256]
)
def test_ids_in_any_script(id_, store):
    event = UserEvent(id_, id_, "view", NOW, id_)
    assert store.record([event, event]) == 1
    assert [(e.user_id, e.item_id) for e in store.newest(id_, 10)] == [(id_, id_)]


def test_more_than_one_call_takes(store):
    events = [view(f"i{n}", n) for n in range(300)]
    assert store.record(events) == 300
    assert items(store, count=200) == [f"i{n}" for n in range(100, 300)]


def test_reading_is_one_query_of_dynamodb(dynamo):
    store = DynamoHistoryStore(TABLE, TTL_S)
    store.record([view(f"i{n}", n) for n in range(50)])
    calls = []
    events = store._table.meta.client.meta.events
    events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    assert len(store.newest("ann", 20)) == 20
    assert calls == ["Query"]


def test_reading_is_one_query_of_sqlite(tmp_path, monkeypatch):
    statements = []
    connect = sys.modules["sqlite3"].connect

    def traced(*args, **options):
        connection = connect(*args, **options)
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr("shared.stores.sqlite.sqlite3.connect", traced)
    store = SqliteHistoryStore(tmp_path / "history.db", TTL_S)
    store.record([view(f"i{n}", n) for n in range(50)])
    statements.clear()
    assert len(store.newest("ann", 20)) == 20
    assert [s.split()[0] for s in statements if not s.startswith("PRAGMA")] == ["SELECT"]
    plan = sys.modules["sqlite3"].connect(tmp_path / "history.db")
    try:
        (query,) = (s for s in statements if s.startswith("SELECT"))
        steps = [row[-1] for row in plan.execute(f"EXPLAIN QUERY PLAN {query}")]
    finally:
        plan.close()
    assert len(steps) == 1, steps  # no sorting after the search
    assert steps[0].startswith("SEARCH history USING PRIMARY KEY")


def test_a_missing_table_is_a_retryable_error(dynamo):
    store = DynamoHistoryStore("other", TTL_S)
    with pytest.raises(StoreUnavailable, match="history store"):
        store.newest("ann", 1)
    with pytest.raises(StoreUnavailable, match="history store"):
        store.record([view("a", 0)])


def test_a_table_that_cannot_be_reached_is_a_retryable_error(dynamo, monkeypatch):
    store = DynamoHistoryStore(TABLE, TTL_S)
    store._table.meta.client.meta.events.register("before-send.dynamodb", refuse)
    with pytest.raises(StoreUnavailable) as raised:
        store.newest("ann", 1)
    assert raised.value.retryable
    with pytest.raises(StoreUnavailable):
        store.record([view("a", 0)])


def test_a_file_that_is_no_database_is_a_retryable_error(tmp_path):
    path = tmp_path / "history.db"
    path.write_text("not a database, but long enough to be read as one" * 40)
    with pytest.raises(StoreUnavailable, match="history store"):
        SqliteHistoryStore(path, TTL_S)


def test_a_file_that_is_damaged_later_is_a_retryable_error(tmp_path):
    path = tmp_path / "history.db"
    store = SqliteHistoryStore(path, TTL_S)
    for file in tmp_path.glob("history.db*"):
        file.write_text("not a database, but long enough to be read as one" * 40)
    with pytest.raises(StoreUnavailable):
        store.newest("ann", 1)
    with pytest.raises(StoreUnavailable):
        store.record([view("a", 0)])


def check_all_writers(store, recorded: list[int]) -> None:
    """Nothing lost, nothing doubled."""
    kept = [event for user in USERS for event in store.newest(user, 1_000)]
    assert sorted(int(event.item_id[1:]) for event in kept) == list(range(DISTINCT))
    assert sum(recorded) == DISTINCT
    for user in USERS:
        times = [event.timestamp for event in store.newest(user, 1_000)]
        assert times == sorted(times)


def test_eight_processes_write_to_one_file_at_once(tmp_path):
    path = tmp_path / "new" / "history.db"
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [
        subprocess.Popen(
            [*command, str(10 * number), str(EACH)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(WRITERS)
    ]
    try:
        assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * WRITERS
        for writer in writers:
            writer.stdin.write("go\n")
            writer.stdin.flush()
        answers = [writer.communicate(timeout=60) for writer in writers]
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert [writer.returncode for writer in writers] == [0] * WRITERS, answers
    check_all_writers(SqliteHistoryStore(path, TTL_S), [int(told) for told, _ in answers])


def test_eight_threads_write_to_one_table_at_once(dynamo, monkeypatch):
    lock, put_item = threading.Lock(), DynamoDBBackend.put_item

    def put_one_at_a_time(*args, **options):  # as DynamoDB does with one item; moto does not
        with lock:
            return put_item(*args, **options)

    monkeypatch.setattr(DynamoDBBackend, "put_item", put_one_at_a_time)
    start = threading.Barrier(WRITERS)
    stores = [DynamoHistoryStore(TABLE, TTL_S) for _ in range(WRITERS)]

    def write(number: int) -> int:
        events = [
            view(f"i{n}", n, user=f"u{n % 3}") for n in range(10 * number, 10 * number + EACH)
        ]
        start.wait(timeout=30)
        return sum(stores[number].record(events[at : at + 8]) for at in range(0, EACH, 8))

    with ThreadPoolExecutor(WRITERS) as pool:
        recorded = list(pool.map(write, range(WRITERS)))
    check_all_writers(DynamoHistoryStore(TABLE, TTL_S), recorded)


@pytest.mark.parametrize(("table", "kind"), [("", SqliteHistoryStore), (TABLE, DynamoHistoryStore)])
def test_the_settings_name_the_store(table, kind, dynamo, monkeypatch):
    monkeypatch.setenv("HISTORY_TABLE", table)
    get_settings.cache_clear()
    get_history_store.cache_clear()
    try:
        store = get_history_store()
        assert isinstance(store, kind)
        assert store.record([view("a", 0)]) == 1
    finally:
        get_settings.cache_clear()
        get_history_store.cache_clear()


def seven(user):
    return [UserEvent(user, f"i{n}", "view", NOW + n) for n in range(7)]


def test_all_that_is_kept_of_a_user_is_read_page_by_page(make_store):
    store = make_store()
    store.record([*seven("ann"), *seven("bob")])
    found, before = [], None
    while True:
        events, before = store.page("ann", 3, before)
        found += events
        if before is None:
            break
    assert found == list(reversed(seven("ann")))
    assert store.page("nobody", 3) == ([], None)


def test_erasing_a_user_leaves_nothing_of_it_and_all_of_others(make_store):
    store = make_store()
    store.record([*seven("ann"), *seven("bob")])
    assert store.erase("ann") == 7
    assert store.page("ann", 10).events == store.newest("ann", 10) == []
    assert store.newest("bob", 10) == seven("bob")
    assert store.erase("ann") == 0
    assert store.record(seven("ann")) == 7  # whoever comes back begins anew


def test_expired_events_are_erased_too(make_store):
    store = make_store(-1)
    store.record(seven("ann"))
    assert store.page("ann", 10).events == []
    assert store.erase("ann") == 7


def test_erasing_many_events_goes_on_where_the_time_was_up(dynamo, monkeypatch):
    monkeypatch.setattr("functions.recommendation.history_table.ERASED_AT_ONCE", 3)
    store = DynamoHistoryStore(TABLE, TTL_S)
    store.record(seven("ann"))
    looks = iter([None, DeadlineNear(10)])

    def check():
        error = next(looks, None)
        if error is not None:
            raise error

    monkeypatch.setattr("functions.recommendation.history_table.check_deadline", check)
    with pytest.raises(DeadlineNear):
        store.erase("ann")
    assert store.erase("ann") == 4


def test_events_are_moved_to_another_and_none_is_doubled(make_store):
    store = make_store()
    store.record([view(f"i{n}", n, user="\0session\0s") for n in range(7)])
    store.record([view("i3", 3), view("own", 9)])
    assert store.move("\0session\0s", "ann") == 7
    assert items(store, "\0session\0s") == []
    assert items(store) == [*(f"i{n}" for n in range(7)), "own"]
    assert store.move("\0session\0s", "ann") == 0
    assert store.erase("ann") == 8


def test_events_are_counted_once_by_the_hour(make_store):
    store = make_store()
    hour = int(time.time() // 3600)
    at = hour * 3600 - NOW  # of `view`
    store.record([view("a", at), view("b/c", at + 1), view("a", at + 2, user="bob")])
    store.record([view("a", at), view("a", at - 1), view("a", at + 3, kind="purchase")])
    store.record([view("long ago", 0)])
    found = {(c.hour - hour, c.item_id, c.event): c.times for c in store.counts([hour, hour - 1])}
    assert found == {
        (0, "a", "view"): 2,
        (0, "b/c", "view"): 1,
        (-1, "a", "view"): 1,
        (0, "a", "purchase"): 1,
    }
    assert store.counts([hour - 5]) == []


def test_events_are_kept_where_they_cannot_be_counted(dynamo, monkeypatch):
    store = DynamoHistoryStore(TABLE, TTL_S)
    monkeypatch.setattr(store._table.meta.client, "update_item", refuse)
    hour = int(time.time() // 3600)
    assert store.record([view("a", hour * 3600 - NOW)]) == 1
    assert items(store) == ["a"]
    assert store.counts([hour]) == []
