"""Fields of items that change between trainings, such as price and stock.

One protocol, two implementations: DynamoDB in AWS, SQLite on one machine. A reader asks for what
has changed since it asked last, which costs next to nothing where nothing has.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from shared.settings import get_settings
from shared.stores.sqlite import SqliteFile

STORE = "item store"
Value = str | bool | float
_SCHEMA = (
    (
        "CREATE TABLE IF NOT EXISTS items (item TEXT PRIMARY KEY, fields TEXT NOT NULL,"
        " version INTEGER NOT NULL) WITHOUT ROWID"
    ),
    "CREATE INDEX IF NOT EXISTS items_by_version ON items (version)",
)
_NEWEST = "SELECT coalesce(max(version), 0) FROM items"


@dataclass(frozen=True, slots=True)
class WrittenItem:
    """An item's fields as they were written.

    Attributes:
        fields: all that are written of it, also by earlier writes.
        version: greater with each write of the item.
    """

    item_id: str
    fields: dict[str, Value]
    version: int


Update = tuple[str, Mapping[str, Value | None]]


class ItemStore(Protocol):
    """Where items' fields are.

    Every method raises `StoreUnavailable` where the store does not answer.
    """

    def write(self, updates: Sequence[Update]) -> None:
        """Change fields: those that are not named stay, and None deletes one."""
        ...

    def read(self, item_id: str) -> WrittenItem | None:
        """What was written of an item, if anything."""
        ...

    def changes(self, since: int | None = None) -> tuple[list[WrittenItem], int]:
        """Items that have changed, some perhaps again, and what to ask with the next time.

        Args:
            since: what the last call gave; all items where absent.
        """
        ...


def merged(before: Mapping[str, Value], change: Mapping[str, Value | None]) -> dict[str, Value]:
    """Fields after a write."""
    both = {**before, **change}
    return {name: value for name, value in both.items() if value is not None}


class SqliteItemStore:
    """Fields in one SQLite file, safe with several processes.

    Args:
        path: the file; its folder is made when missing.
    """

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, STORE, *_SCHEMA)

    def write(self, updates: Sequence[Update]) -> None:
        with self._file.transaction() as connection:
            connection.execute("BEGIN IMMEDIATE")
            (version,) = connection.execute(_NEWEST).fetchone()
            for item_id, change in updates:
                query = "SELECT fields FROM items WHERE item = ?"
                row = connection.execute(query, (item_id,)).fetchone()
                fields = merged(json.loads(row[0]) if row else {}, change)
                connection.execute(
                    "INSERT OR REPLACE INTO items VALUES (?, ?, ?)",
                    (item_id, json.dumps(fields), version + 1),
                )

    def read(self, item_id: str) -> WrittenItem | None:
        query = "SELECT item, fields, version FROM items WHERE item = ?"
        with self._file.transaction() as connection:
            row = connection.execute(query, (item_id,)).fetchone()
        return WrittenItem(row[0], json.loads(row[1]), row[2]) if row else None

    def changes(self, since: int | None = None) -> tuple[list[WrittenItem], int]:
        query = "SELECT item, fields, version FROM items WHERE version > ?"
        with self._file.transaction() as connection:
            rows = connection.execute(query, (since or 0,)).fetchall()
        found = [WrittenItem(row[0], json.loads(row[1]), row[2]) for row in rows]
        return found, max([since or 0, *(item.version for item in found)])


@lru_cache(maxsize=1)
def get_item_store() -> ItemStore:
    """The store that the settings name."""
    settings = get_settings()
    if settings.history_table:
        # boto3, which one machine does not need
        from functions.recommendation.items_table import DynamoItemStore  # noqa: PLC0415

        return DynamoItemStore(settings.history_table)
    return SqliteItemStore(settings.history_db)
