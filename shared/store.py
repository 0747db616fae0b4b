"""Results of queued requests, kept under the message id for a limited time.

One protocol, two implementations: DynamoDB in AWS, SQLite on one machine.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

from shared.databases import SqliteFile, dynamo_errors, dynamo_resource
from shared.errors import StoreUnavailable
from shared.settings import get_settings

Status = Literal["succeeded", "failed"]
_STORE = "result store"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS results (id TEXT PRIMARY KEY, service TEXT NOT NULL,"
    " status TEXT NOT NULL, body TEXT NOT NULL, expires_at INTEGER NOT NULL)"
)
_BATCH_GET_KEYS = 100  # BatchGetItem's own limit


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
        self._file = SqliteFile(path, _STORE, _SCHEMA)
        self._ttl_s = ttl_s

    def get_many(self, ids: Sequence[str]) -> dict[str, StoredResult]:
        marks = ",".join("?" * len(ids))
        query = (
            f"SELECT id, service, status, body FROM results WHERE expires_at > ?"  # noqa: S608
            f" AND id IN ({marks})"
        )
        with self._file.transaction() as connection:
            rows = connection.execute(query, [int(time.time()), *ids]).fetchall()
        return {row[0]: StoredResult(row[0], row[1], row[2], json.loads(row[3])) for row in rows}

    def put_many(self, results: Sequence[StoredResult]) -> None:
        now = int(time.time())
        rows = [
            (result.id, result.service, result.status, json.dumps(result.body), now + self._ttl_s)
            for result in results
        ]
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM results WHERE expires_at <= ?", [now])
            connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?)", rows)


class DynamoResultStore:
    """Results in a DynamoDB table with key ``id`` and TTL attribute ``expires_at``.

    Args:
        table: its name.
        ttl_s: seconds that a result is kept.
    """

    def __init__(self, table: str, ttl_s: int) -> None:
        self._ttl_s = ttl_s
        self._resource = dynamo_resource()
        self._table = self._resource.Table(table)

    def get_many(self, ids: Sequence[str]) -> dict[str, StoredResult]:
        found: dict[str, StoredResult] = {}
        with dynamo_errors(_STORE):
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
        with dynamo_errors(_STORE), self._table.batch_writer(overwrite_by_pkeys=["id"]) as writer:
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


@lru_cache(maxsize=1)
def get_result_store() -> ResultStore:
    """The store that the settings name."""
    settings = get_settings()
    if settings.results_table:
        return DynamoResultStore(settings.results_table, settings.results_ttl_s)
    return SqliteResultStore(settings.results_db, settings.results_ttl_s)
