"""What users did, kept for the recommendations that follow.

One protocol, two implementations: DynamoDB in AWS, SQLite on one machine. Reading a history is one
query for the newest events of one user; an event's key is made from its content, so that the same
event counts once however often and by however many writers it is sent.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

from functions.recommendation.counts import COUNTS_SCHEMA, Counted, add_counts, counted
from functions.recommendation.event_requests import EventsRequest
from functions.recommendation.identifiers import EventType
from functions.recommendation.owners import owner_key
from shared.settings import get_settings
from shared.stores.sqlite import SqliteFile

APART_S = 1e-5  # two events of one request that have no time
STORE = "history store"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS history (user TEXT NOT NULL, event TEXT NOT NULL,"
    " item TEXT NOT NULL, kind TEXT NOT NULL, timestamp REAL NOT NULL,"
    " expires_at INTEGER NOT NULL, PRIMARY KEY (user, event)) WITHOUT ROWID"
)


@dataclass(frozen=True, slots=True)
class UserEvent:
    """One event of one user.

    Attributes:
        user_id: the key of whose it is, of `functions.recommendation.owners`.
        event_id: the sender's own, or empty.
        timestamp: seconds since 1970-01-01 UTC.
    """

    user_id: str
    item_id: str
    event: EventType
    timestamp: float
    event_id: str = ""

    @property
    def key(self) -> str:
        """Sorts by time, and is the same for the same event."""
        identity = self.event_id or f"{self.event}\0{self.item_id}"
        digest = hashlib.sha256(identity.encode()).hexdigest()[:24]
        return f"{round(self.timestamp * 1e6):020d}#{digest}"


class Page(NamedTuple):
    """Some of a user's events.

    Attributes:
        events: newest first.
        last: key of the last one where there may be more.
    """

    events: list[UserEvent]
    last: str | None


def user_events(request: EventsRequest, now: float) -> list[UserEvent]:
    """The events of a request, in its order.

    Those without a time stay in their order and apart. Those of a message have its time, so that
    another delivery of it is the same events.

    Args:
        request: to take them from.
        now: seconds since 1970-01-01 UTC, the time of a request that came by no message.
    """
    start = now if request.sent_at is None else request.sent_at
    return [
        UserEvent(
            owner_key(event.user_id, event.session_id),
            event.item_id,
            event.event,
            start + place * APART_S if event.timestamp is None else event.timestamp,
            event.event_id or "",
        )
        for place, event in enumerate(request.all_events)
    ]


class HistoryStore(Protocol):
    """Where users' events are.

    Every method raises `StoreUnavailable` where the store does not answer.
    """

    def record(self, events: Sequence[UserEvent]) -> int:
        """Keep and count events; the number of those that were not there yet."""
        ...

    def newest(self, user_id: str, count: int) -> list[UserEvent]:
        """The user's newest events that have not expired, oldest first."""
        ...

    def page(self, user_id: str, count: int, before: str | None = None) -> Page:
        """A user's events as they are kept, newest first.

        Args:
            user_id: whose.
            count: at most so many.
            before: key of the last event of the page before; the newest ones where absent.
        """
        ...

    def erase(self, user_id: str) -> int:
        """Delete all that is kept of a user; how many events there were.

        Raises:
            DeadlineNear: some are left; the next call goes on.
        """
        ...

    def move(self, user_id: str, to_user_id: str) -> int:
        """Give all events of one to another; how many there were.

        Raises:
            DeadlineNear: some are left; the next call goes on.
        """
        ...

    def counts(self, hours: Sequence[int]) -> list[Counted]:
        """What items had in these hours since 1970-01-01 UTC."""
        ...


class SqliteHistoryStore:
    """Events in one SQLite file, safe with several processes.

    Args:
        path: the file; its folder is made when missing.
        ttl_s: seconds that an event is kept.
    """

    def __init__(self, path: Path, ttl_s: int) -> None:
        self._file = SqliteFile(path, STORE, _SCHEMA, COUNTS_SCHEMA)
        self._ttl_s = ttl_s

    def record(self, events: Sequence[UserEvent]) -> int:
        now = int(time.time())
        new: list[UserEvent] = []
        with self._file.transaction() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "DELETE FROM history WHERE user = ? AND expires_at <= ?",
                [(user, now) for user in {e.user_id for e in events}],
            )
            for e in events:
                row = (e.user_id, e.key, e.item_id, e.event, e.timestamp, now + self._ttl_s)
                statement = "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
                if connection.execute(statement, row).rowcount:
                    new.append(e)
            add_counts(connection, counted(map(_counted_by, new), now), now)
        return len(new)

    def newest(self, user_id: str, count: int) -> list[UserEvent]:
        query = (
            "SELECT user, item, kind, timestamp FROM history WHERE user = ? AND expires_at > ?"
            " ORDER BY event DESC LIMIT ?"
        )
        with self._file.transaction() as connection:
            rows = connection.execute(query, (user_id, int(time.time()), count)).fetchall()
        return [UserEvent(*row) for row in reversed(rows)]

    def page(self, user_id: str, count: int, before: str | None = None) -> Page:
        query = (
            "SELECT user, item, kind, timestamp, event FROM history WHERE user = ?"
            " AND expires_at > ? AND (? IS NULL OR event < ?) ORDER BY event DESC LIMIT ?"
        )
        values = (user_id, int(time.time()), before, before, count)
        with self._file.transaction() as connection:
            rows = connection.execute(query, values).fetchall()
        events = [UserEvent(*row[:4]) for row in rows]
        return Page(events, rows[-1][4] if len(rows) == count else None)

    def erase(self, user_id: str) -> int:
        with self._file.transaction() as connection:
            connection.execute("PRAGMA secure_delete = ON")  # what was there is written over
            return connection.execute("DELETE FROM history WHERE user = ?", (user_id,)).rowcount

    def move(self, user_id: str, to_user_id: str) -> int:
        with self._file.transaction() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO history SELECT ?, event, item, kind, timestamp, expires_at"
                " FROM history WHERE user = ? ON CONFLICT DO NOTHING",
                (to_user_id, user_id),
            )
            return connection.execute("DELETE FROM history WHERE user = ?", (user_id,)).rowcount

    def counts(self, hours: Sequence[int]) -> list[Counted]:
        query = "SELECT hour, item, kind, count FROM counts WHERE hour BETWEEN ? AND ?"
        with self._file.transaction() as connection:
            rows = connection.execute(query, (min(hours), max(hours))).fetchall()
        wanted = set(hours)
        return [Counted(*row) for row in rows if row[0] in wanted]


def _counted_by(event: UserEvent) -> tuple[str, str, float]:
    """What of an event is counted."""
    return event.item_id, event.event, event.timestamp


@lru_cache(maxsize=1)
def get_history_store() -> HistoryStore:
    """The store that the settings name."""
    settings = get_settings()
    if settings.history_table:
        # boto3, which one machine does not need
        from functions.recommendation.history_table import DynamoHistoryStore  # noqa: PLC0415

        return DynamoHistoryStore(settings.history_table, settings.history_ttl_s)
    return SqliteHistoryStore(settings.history_db, settings.history_ttl_s)
