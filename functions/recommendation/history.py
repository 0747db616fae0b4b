"""What users did, kept for the recommendations that follow.

One protocol, two implementations: DynamoDB in AWS, SQLite on one machine. Reading a history is one
query for the newest events of one user; an event's key is made from its content, so that the same
event counts once however often and by however many writers it is sent.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from functions.recommendation.schemas import EventsRequest, EventType
from shared.aws import MAX_CONNECTIONS, aws_errors, dynamo_resource
from shared.process.deadline import check_deadline
from shared.settings import get_settings
from shared.stores.sqlite import SqliteFile

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

APART_S = 1e-5  # two events of one request that have no time
_STORE = "history store"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS history (user TEXT NOT NULL, event TEXT NOT NULL,"
    " item TEXT NOT NULL, kind TEXT NOT NULL, timestamp REAL NOT NULL,"
    " expires_at INTEGER NOT NULL, PRIMARY KEY (user, event)) WITHOUT ROWID"
)


@dataclass(frozen=True, slots=True)
class UserEvent:
    """One event of one user.

    Attributes:
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
            event.user_id,
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
        """Keep events; the number of those that were not there yet."""
        ...

    def newest(self, user_id: str, count: int) -> list[UserEvent]:
        """The user's newest events that have not expired, oldest first."""
        ...


class SqliteHistoryStore:
    """Events in one SQLite file, safe with several processes.

    Args:
        path: the file; its folder is made when missing.
        ttl_s: seconds that an event is kept.
    """

    def __init__(self, path: Path, ttl_s: int) -> None:
        self._file = SqliteFile(path, _STORE, _SCHEMA)
        self._ttl_s = ttl_s

    def record(self, events: Sequence[UserEvent]) -> int:
        now = int(time.time())
        rows = [
            (e.user_id, e.key, e.item_id, e.event, e.timestamp, now + self._ttl_s) for e in events
        ]
        with self._file.transaction() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "DELETE FROM history WHERE user = ? AND expires_at <= ?",
                [(user, now) for user in {e.user_id for e in events}],
            )
            before = connection.total_changes
            connection.executemany(
                "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", rows
            )
            return connection.total_changes - before

    def newest(self, user_id: str, count: int) -> list[UserEvent]:
        query = (
            "SELECT user, item, kind, timestamp FROM history WHERE user = ? AND expires_at > ?"
            " ORDER BY event DESC LIMIT ?"
        )
        with self._file.transaction() as connection:
            rows = connection.execute(query, (user_id, int(time.time()), count)).fetchall()
        return [UserEvent(*row) for row in reversed(rows)]


class DynamoHistoryStore:
    """Events in a DynamoDB table: partition key ``user``, sort key ``event``, TTL ``expires_at``.

    Args:
        table: its name.
        ttl_s: seconds that an event is kept.
    """

    def __init__(self, table: str, ttl_s: int) -> None:
        self._table: Table = dynamo_resource().Table(table)
        self._ttl_s = ttl_s

    def record(self, events: Sequence[UserEvent]) -> int:
        now = int(time.time())
        with aws_errors(_STORE), ThreadPoolExecutor(MAX_CONNECTIONS) as pool:
            return sum(pool.map(lambda event: self._put(event, now), events))

    def _put(self, event: UserEvent, now: int) -> bool:
        """Write one event unless it is there and has not expired; whether it was new."""
        client = self._table.meta.client  # safe with several threads, as the table is not
        try:
            client.put_item(
                TableName=self._table.name,
                Item={
                    "user": event.user_id,
                    "event": event.key,
                    "item": event.item_id,
                    "kind": event.event,
                    "timestamp": repr(event.timestamp),
                    "expires_at": now + self._ttl_s,
                },
                # DynamoDB deletes expired events within days, not at once.
                ConditionExpression="attribute_not_exists(#event) OR expires_at <= :now",
                ExpressionAttributeNames={"#event": "event"},
                ExpressionAttributeValues={":now": now},
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def newest(self, user_id: str, count: int) -> list[UserEvent]:
        found: list[dict[str, Any]] = []
        with aws_errors(_STORE):
            for page in self._pages(user_id, count):
                found += page["Items"]
                if len(found) >= count:
                    break
        return [_event_of(item) for item in reversed(found[:count])]

    def _pages(self, user_id: str, count: int) -> Iterator[dict[str, Any]]:
        """Answers of queries for a user's newest events; one, unless events have expired.

        DynamoDB deletes expired events within days, and counts them to a query's limit before the
        filter takes them out.
        """
        query: dict[str, Any] = {
            "KeyConditionExpression": "#user = :user",
            "FilterExpression": "expires_at > :now",
            "ExpressionAttributeNames": {"#user": "user"},
            "ExpressionAttributeValues": {":user": user_id, ":now": int(time.time())},
            "ScanIndexForward": False,
            "Limit": count,
            "ConsistentRead": True,
        }
        while True:
            check_deadline()
            page: dict[str, Any] = dict(self._table.query(**query))
            yield page
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _event_of(item: dict[str, Any]) -> UserEvent:
    return UserEvent(item["user"], item["item"], item["kind"], float(item["timestamp"]))


@lru_cache(maxsize=1)
def get_history_store() -> HistoryStore:
    """The store that the settings name."""
    settings = get_settings()
    if settings.history_table:
        return DynamoHistoryStore(settings.history_table, settings.history_ttl_s)
    return SqliteHistoryStore(settings.history_db, settings.history_ttl_s)
