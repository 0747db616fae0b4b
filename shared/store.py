"""Results of queued requests, kept under the message id for a limited time.

One protocol, two implementations: DynamoDB in AWS, SQLite on one machine.
"""

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

from shared.errors import StoreUnavailable
from shared.settings import get_settings

Status = Literal["succeeded", "failed"]
_BATCH_GET_KEYS = 100  # BatchGetItem's own limit
_CONNECT_TIMEOUT_S = 2
_READ_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class StoredResult:
    """What became of one message: a response, or the problem document of its failure."""

    id: str
    service: str
    status: Status
    body: Mapping[str, Any]


class ResultStore(Protocol):
    """Where a worker keeps its answers.

    Every method raises `StoreUnavailable` where the store does not answer.
    """

    def get_many(self, ids: Sequence[str]) -> dict[str, StoredResult]:
        """The results that exist and have not expired, by id."""
        ...

    def put_many(self, results: Sequence[StoredResult]) -> None:
        """Keep results; one under a known id replaces it."""
        ...


class SqliteResultStore:
    """Results in one SQLite file, safe with several processes (write-ahead log).

    Args:
        path: the file; its folder is made when missing.
        ttl_s: seconds that a result is kept.
    """

    def __init__(self, path: Path, ttl_s: int) -> None:
        self._path = path
        self._ttl_s = ttl_s
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS results (id TEXT PRIMARY KEY, service TEXT NOT NULL,"
                " status TEXT NOT NULL, body TEXT NOT NULL, expires_at INTEGER NOT NULL)"
            )

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self._path, timeout=_READ_TIMEOUT_S)
            try:
                # With the write-ahead log this loses nothing when a process dies.
                connection.execute("PRAGMA synchronous = NORMAL")
                with connection:
                    yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"The result store did not answer: {error}.") from error

    def get_many(self, ids: Sequence[str]) -> dict[str, StoredResult]:
        marks = ",".join("?" * len(ids))
        query = (
            f"SELECT id, service, status, body FROM results WHERE expires_at > ?"  # noqa: S608
            f" AND id IN ({marks})"
        )
        with self._connection() as connection:
            rows = connection.execute(query, [int(time.time()), *ids]).fetchall()
        return {row[0]: StoredResult(row[0], row[1], row[2], json.loads(row[3])) for row in rows}

    def put_many(self, results: Sequence[StoredResult]) -> None:
        now = int(time.time())
        rows = [
            (result.id, result.service, result.status, json.dumps(result.body), now + self._ttl_s)
            for result in results
        ]
        with self._connection() as connection:
            connection.execute("DELETE FROM results WHERE expires_at <= ?", [now])
            connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?)", rows)


class DynamoResultStore:
    """Results in a DynamoDB table with key ``id`` and TTL attribute ``expires_at``.

    Args:
        table: its name.
        ttl_s: seconds that a result is kept.
    """

    def __init__(self, table: str, ttl_s: int) -> None:
        import boto3  # noqa: PLC0415 - 160 ms that only a process with a table should pay
        from botocore.config import Config  # noqa: PLC0415

        self._ttl_s = ttl_s
        self._resource = boto3.resource(
            "dynamodb",
            config=Config(
                connect_timeout=_CONNECT_TIMEOUT_S,
                read_timeout=_READ_TIMEOUT_S,
                retries={"mode": "standard", "max_attempts": 4},
            ),
        )
        self._table = self._resource.Table(table)

    def get_many(self, ids: Sequence[str]) -> dict[str, StoredResult]:
        found: dict[str, StoredResult] = {}
        with _dynamo_errors():
            for start in range(0, len(ids), _BATCH_GET_KEYS):
                keys = [{"id": id_} for id_ in dict.fromkeys(ids[start : start + _BATCH_GET_KEYS])]
                for item in self._get_batch(keys):
                    found[item["id"]] = StoredResult(
                        item["id"], item["service"], item["status"], json.loads(item["body"])
                    )
        return found

    def _get_batch(self, keys: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
        pending: dict[str, Any] = {self._table.name: {"Keys": keys, "ConsistentRead": True}}
        now = time.time()
        for attempt in range(5):
            answer = self._resource.batch_get_item(RequestItems=pending)
            items = answer["Responses"].get(self._table.name, [])
            # DynamoDB deletes expired items within days, not at once.
            yield from (item for item in items if float(str(item["expires_at"])) > now)
            pending = answer["UnprocessedKeys"]
            if not pending:
                return
            time.sleep(0.05 * 2**attempt)
        raise StoreUnavailable("The result store is throttled; try again.")

    def put_many(self, results: Sequence[StoredResult]) -> None:
        expires_at = int(time.time()) + self._ttl_s
        with _dynamo_errors(), self._table.batch_writer(overwrite_by_pkeys=["id"]) as writer:
            for result in results:
                writer.put_item(
                    Item={
                        "id": result.id,
                        "service": result.service,
                        "status": result.status,
                        "body": json.dumps(result.body),
                        "expires_at": expires_at,
                    }
                )


@contextmanager
def _dynamo_errors() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable(
            f"The result store did not answer ({type(error).__name__})."
        ) from error


@lru_cache(maxsize=1)
def get_result_store() -> ResultStore:
    """The store that the settings name."""
    settings = get_settings()
    if settings.results_table:
        return DynamoResultStore(settings.results_table, settings.results_ttl_s)
    return SqliteResultStore(settings.results_db, settings.results_ttl_s)
