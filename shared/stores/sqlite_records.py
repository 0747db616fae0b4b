"""Records in SQLite, for a machine without DynamoDB."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from shared.stores.record import Record
from shared.stores.sqlite import SqliteFile

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, status TEXT NOT NULL,"
    " expires_at INTEGER NOT NULL, in_progress_expires_at INTEGER, data TEXT, payload_hash TEXT)"
)
# Each claim removes what has expired.
_INDEX = "CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires_at)"
_COLUMNS = "id, status, expires_at, in_progress_expires_at, data, payload_hash"


def _record(row: Sequence[Any]) -> Record:
    key, status, expires_at, lease_ends_ms, data, payload_hash = row
    return Record(key, status, expires_at, lease_ends_ms, data or "", payload_hash or "")


class SqliteRecords:
    """A store (`RecordStore`) in one SQLite file, safe with several processes.

    Args:
        path: the file; its folder is made when missing.
        store: what it is, for errors.
    """

    def __init__(self, path: Path, store: str) -> None:
        self._file = SqliteFile(path, store, _SCHEMA, _INDEX)

    def get(self, key: str) -> Record | None:
        """The record of a key."""
        query = f"SELECT {_COLUMNS} FROM records WHERE id = ?"  # noqa: S608
        with self._file.transaction() as connection:
            row = connection.execute(query, (key,)).fetchone()
        return _record(row) if row else None

    def add(self, record: Record) -> Record | None:
        """In one transaction, which removes what has expired."""
        now_ms = int(time.time() * 1e3)
        known_of = f"SELECT {_COLUMNS} FROM records WHERE id = ? AND expires_at >= ?"  # noqa: S608
        with self._file.transaction() as connection:
            connection.execute("BEGIN IMMEDIATE")
            row = connection.execute(known_of, (record.key, now_ms // 1000)).fetchone()
            known = _record(row) if row else None
            if known is not None and not known.makes_room_for(record, now_ms):
                return known
            connection.execute("DELETE FROM records WHERE expires_at < ?", (now_ms // 1000,))
            self._write(connection.execute, record)
        return None

    def complete(self, record: Record) -> None:
        """In the place of what is there."""
        with self._file.transaction() as connection:
            self._write(connection.execute, record)

    def delete(self, key: str) -> None:
        """Where it is there."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM records WHERE id = ?", (key,))

    @staticmethod
    def _write(execute: Callable[[str, Sequence[Any]], object], record: Record) -> None:
        execute(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?)",
            (
                record.key,
                record.status,
                record.expires_at,
                record.lease_ends_ms,
                record.data or None,
                record.payload_hash or None,
            ),
        )
