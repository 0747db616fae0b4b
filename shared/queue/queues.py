"""Queues of jobs: SQS in AWS, one SQLite file on one machine.

Both deliver a message at least once, hide it for a visibility timeout while it is worked on, and
put it aside after too many deliveries.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from shared.aws import aws_errors, sqs_client
from shared.settings import get_settings
from shared.stores.sqlite import SqliteFile

DEAD_SUFFIX = "-dead"
VISIBILITY_TIMEOUT_S = 180.0  # as template.yaml has it
_STORE = "queue"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS messages (number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " queue TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, attributes TEXT NOT NULL,"
    " sent_at REAL NOT NULL, visible_at REAL NOT NULL, receives INTEGER NOT NULL DEFAULT 0,"
    " receipt TEXT)"
)
_INDEX = "CREATE INDEX IF NOT EXISTS due ON messages (queue, visible_at)"
_COLUMNS = "number, id, body, attributes, sent_at, receives"


class JobQueue(Protocol):
    """Where requests wait for their worker."""

    def send(self, body: str, attributes: dict[str, str]) -> str:
        """Put a message on the queue; its id.

        Raises:
            StoreUnavailable: the queue does not answer.
        """
        ...


class SqsQueue:
    """An SQS queue.

    Args:
        url: its address.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = sqs_client()

    def send(self, body: str, attributes: dict[str, str]) -> str:
        """Put a message on the queue; its id."""
        with aws_errors(_STORE):
            answer = self._client.send_message(
                QueueUrl=self._url,
                MessageBody=body,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in attributes.items()
                },
            )
        return answer["MessageId"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was received, or that was put aside.

    Attributes:
        receives: deliveries so far, with this one.
        receipt: what `SqliteQueue.delete` wants; of this delivery alone.
        sent_at: seconds since 1970-01-01 UTC.
    """

    id: str
    body: str
    attributes: dict[str, str] = field(default_factory=dict)
    sent_at: float = 0.0
    receives: int = 0
    receipt: str = ""

    def as_record(self) -> dict[str, Any]:
        """The record that Lambda's event source mapping makes of an SQS message."""
        return {
            "messageId": self.id,
            "receiptHandle": self.receipt,
            "body": self.body,
            "attributes": {
                "ApproximateReceiveCount": str(self.receives),
                "SentTimestamp": str(int(self.sent_at * 1e3)),
            },
            "messageAttributes": {
                name: {"dataType": "String", "stringValue": value}
                for name, value in self.attributes.items()
            },
            "eventSource": "aws:sqs",
        }


class SqliteQueue:
    """A queue with its dead-letter queue in an SQLite file, safe with several processes.

    Args:
        path: the file; its folder is made when missing.
        name: of the queue.
        visibility_timeout_s: how long a received message is hidden from others.
        max_receives: deliveries after which a message is put aside.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        visibility_timeout_s: float = VISIBILITY_TIMEOUT_S,
        max_receives: int = 3,
    ) -> None:
        self._file = SqliteFile(path, _STORE, _SCHEMA)
        with self._file.transaction() as connection:
            connection.execute(_INDEX)
        self._name, self._dead = name, name + DEAD_SUFFIX
        self._visibility_timeout_s = visibility_timeout_s
        self._max_receives = max_receives

    def send(self, body: str, attributes: dict[str, str]) -> str:
        """Put a message on the queue; its id."""
        now, message_id = time.time(), str(uuid4())
        row = (self._name, message_id, body, json.dumps(attributes), now, now)
        with self._file.transaction() as connection:
            connection.execute(
                "INSERT INTO messages (queue, id, body, attributes, sent_at, visible_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
        return message_id

    def receive(self, count: int) -> list[Message]:
        """Up to ``count`` messages, oldest first, hidden from others from now on."""
        now, receipt = time.time(), str(uuid4())
        with self._file.transaction() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "UPDATE messages SET queue = ?, visible_at = ?"
                " WHERE queue = ? AND visible_at <= ? AND receives >= ?",
                (self._dead, now, self._name, now, self._max_receives),
            )
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM messages WHERE queue = ? AND visible_at <= ?"  # noqa: S608
                " ORDER BY number LIMIT ?",
                (self._name, now, count),
            ).fetchall()
            connection.executemany(
                "UPDATE messages SET visible_at = ?, receives = receives + 1, receipt = ?"
                " WHERE number = ?",
                [(now + self._visibility_timeout_s, receipt, row[0]) for row in rows],
            )
        return [_message(row, delivered=1, receipt=receipt) for row in rows]

    def delete(self, messages: Sequence[Message]) -> None:
        """Messages that were worked on; one that was received again meanwhile stays."""
        with self._file.transaction() as connection:
            connection.executemany(
                "DELETE FROM messages WHERE queue = ? AND id = ? AND receipt = ?",
                [(self._name, message.id, message.receipt) for message in messages],
            )

    def waiting(self) -> int:
        """Messages on the queue, hidden ones with them."""
        return self._count(self._name)

    def dead(self, limit: int = 100) -> list[Message]:
        """Messages that were put aside, oldest first."""
        query = f"SELECT {_COLUMNS} FROM messages WHERE queue = ? ORDER BY number LIMIT ?"  # noqa: S608
        with self._file.transaction() as connection:
            rows = connection.execute(query, (self._dead, limit)).fetchall()
        return [_message(row) for row in rows]

    def dead_count(self) -> int:
        """How many messages were put aside."""
        return self._count(self._dead)

    def redrive(self, ids: Sequence[str]) -> int:
        """Put messages that were put aside on the queue again; how many there were."""
        now = time.time()
        with self._file.transaction() as connection:
            before = connection.total_changes
            connection.executemany(
                "UPDATE messages SET queue = ?, receives = 0, visible_at = ?"
                " WHERE queue = ? AND id = ?",
                [(self._name, now, self._dead, message_id) for message_id in ids],
            )
            return connection.total_changes - before

    def _count(self, queue: str) -> int:
        with self._file.transaction() as connection:
            query = "SELECT COUNT(*) FROM messages WHERE queue = ?"
            found: int = connection.execute(query, (queue,)).fetchone()[0]
        return found


def _message(row: Sequence[Any], delivered: int = 0, receipt: str = "") -> Message:
    _, id_, body, attributes, sent_at, receives = row
    return Message(id_, body, json.loads(attributes), sent_at, receives + delivered, receipt)


@lru_cache(maxsize=8)
def get_job_queue(service: str) -> JobQueue:
    """The queue of a service that the settings name."""
    settings = get_settings()
    if settings.queue_url is not None:
        return SqsQueue(settings.queue_url)
    return SqliteQueue(settings.queues_db, service, max_receives=settings.max_receives)
