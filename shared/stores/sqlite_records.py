"""Powertools' idempotency records in SQLite, for a machine without DynamoDB."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.idempotency import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord

from shared.stores.sqlite import SqliteFile

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, status TEXT NOT NULL,"
    " expires_at INTEGER NOT NULL, in_progress_expires_at INTEGER, data TEXT, payload_hash TEXT)"
)
# Each claim removes what has expired.
_INDEX = "CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires_at)"
_COLUMNS = "id, status, expires_at, in_progress_expires_at, data, payload_hash"


def _has_ended(record: DataRecord, now_ms: int) -> bool:
    """Whether the lease of a record that is in progress ran out."""
    end_ms = record.in_progress_expiry_timestamp
    return record.status == "INPROGRESS" and end_ms is not None and end_ms < now_ms


class SqlitePersistenceLayer(BasePersistenceLayer):
    """Powertools' records in one SQLite file, safe with several processes.

    Args:
        path: the file; its folder is made when missing.
        store: what it is, for errors.
    """

    def __init__(self, path: Path, store: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._file = SqliteFile(path, store, _SCHEMA, _INDEX)

    def _get_record(self, idempotency_key: str) -> DataRecord:
        query = f"SELECT {_COLUMNS} FROM records WHERE id = ?"  # noqa: S608
        with self._file.transaction() as connection:
            row = connection.execute(query, (idempotency_key,)).fetchone()
        if row is None:
            raise IdempotencyItemNotFoundError
        return DataRecord(*row)

    def _put_record(self, data_record: DataRecord) -> None:
        """Write a record unless another one is complete or in progress under its key.

        One whose lease ran out makes room, but not for another payload.
        """
        now_ms = int(time.time() * 1e3)
        known_of = f"SELECT {_COLUMNS} FROM records WHERE id = ? AND expires_at >= ?"  # noqa: S608
        with self._file.transaction() as connection:
            connection.execute("BEGIN IMMEDIATE")
            key = data_record.idempotency_key
            row = connection.execute(known_of, (key, now_ms // 1000)).fetchone()
            known = DataRecord(*row) if row else None
            if known is not None:
                self._validate_payload(data_record, known)
            if known is None or _has_ended(known, now_ms):
                connection.execute("DELETE FROM records WHERE expires_at < ?", (now_ms // 1000,))
                self._write(connection.execute, data_record)
                return
        raise IdempotencyItemAlreadyExistsError(old_data_record=known)

    def put_completed(self, record: DataRecord) -> DataRecord | None:
        """Write a complete record with its body, unless one is there, which is given."""
        try:
            self._put_record(record)
        except IdempotencyItemAlreadyExistsError as error:
            return error.old_data_record
        return None

    def _update_record(self, data_record: DataRecord) -> None:
        with self._file.transaction() as connection:
            self._write(connection.execute, data_record)

    def _delete_record(self, data_record: DataRecord) -> None:
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM records WHERE id = ?", (data_record.idempotency_key,))

    @staticmethod
    def _write(execute: Callable[[str, Sequence[Any]], object], record: DataRecord) -> None:
        execute(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?)",
            (
                record.idempotency_key,
                record.status,
                record.expiry_timestamp,
                record.in_progress_expiry_timestamp,
                record.response_data or None,
                record.payload_hash or None,
            ),
        )
