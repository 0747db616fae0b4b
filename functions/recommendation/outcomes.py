"""What became of recommended items: how many were shown, viewed, put into carts and bought.

In AWS CloudWatch has the figures, as metrics of the functions, and the table only what is needed to
count an item of an answer once. On one machine SQLite has both.
"""

import atexit
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

from functions.recommendation.identifiers import EventType
from shared.errors import StoreUnavailable
from shared.process.telemetry import logger
from shared.settings import get_settings
from shared.stores.sqlite import SqliteFile

STORE = "outcome store"
CREDIT_TTL_S = 30 * 86_400  # that an event may come after its recommendation and count once
RECOMMENDED = "RecommendedItems"  # names of metrics
BY_EVENT: Mapping[EventType, str] = {
    "view": "RecommendedItemsViewed",
    "cart": "RecommendedItemsCarted",
    "purchase": "RecommendedItemsBought",
}
FLUSH_S = 1.0
DAY_S = 86_400
_SCHEMA = (
    (
        "CREATE TABLE IF NOT EXISTS credits (recommendation TEXT NOT NULL, item TEXT NOT NULL,"
        " kind TEXT NOT NULL, expires_at INTEGER NOT NULL,"
        " PRIMARY KEY (recommendation, item, kind)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE IF NOT EXISTS outcomes (day TEXT NOT NULL, metric TEXT NOT NULL,"
        " count INTEGER NOT NULL, PRIMARY KEY (day, metric)) WITHOUT ROWID"
    ),
)
_ADD = (
    "INSERT INTO outcomes VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"
)


class Credit(NamedTuple):
    """An event of an item that was recommended."""

    recommendation_id: str
    item_id: str
    event: EventType


class OutcomeStore(Protocol):
    """Where it is kept what became of recommended items."""

    def shown(self, count: int) -> None:
        """Items were recommended."""
        ...

    def credit(self, credits_: Sequence[Credit]) -> Counter[EventType]:
        """Count events; those of one kind, item and recommendation once.

        Returns:
            By kind, how many were not there yet.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        ...


def day_of(time_s: float) -> str:
    """The day of a time in UTC, as ``2026-01-31``."""
    return datetime.fromtimestamp(time_s, UTC).date().isoformat()


class SqliteOutcomeStore:
    """Outcomes in one SQLite file, safe with several processes.

    What is shown is written once a second, and when the process ends: a killed one loses that of
    its last second.

    Args:
        path: the file; its folder is made when missing.
    """

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, STORE, *_SCHEMA)
        self._waiting: Counter[int] = Counter()  # by days since 1970
        self._flushed_s = time.monotonic()

    def shown(self, count: int) -> None:
        self._waiting[int(time.time() // DAY_S)] += count
        if time.monotonic() - self._flushed_s >= FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Write what was shown."""
        self._flushed_s = time.monotonic()
        waiting, self._waiting = self._waiting, Counter()
        if not waiting:
            return
        rows = [(day_of(day * DAY_S), RECOMMENDED, count) for day, count in waiting.items()]
        try:
            with self._file.transaction() as connection:
                connection.executemany(_ADD, rows)
        except StoreUnavailable as error:  # an answer is worth more than its count
            self._waiting.update(waiting)
            logger.warning("recommended items not counted", extra={"detail": error.detail})

    def credit(self, credits_: Sequence[Credit]) -> Counter[EventType]:
        self.flush()
        now = int(time.time())
        new: Counter[EventType] = Counter()
        with self._file.transaction() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM credits WHERE expires_at <= ?", (now,))
            for credit in credits_:
                statement = "INSERT INTO credits VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
                row = (*credit, now + CREDIT_TTL_S)
                new[credit.event] += connection.execute(statement, row).rowcount
            rows = [(day_of(now), BY_EVENT[event], count) for event, count in new.items()]
            connection.executemany(_ADD, rows)
        return new

    def days(self) -> dict[str, dict[str, int]]:
        """Counts by metric, by day."""
        self.flush()
        with self._file.transaction() as connection:
            rows = connection.execute("SELECT day, metric, count FROM outcomes").fetchall()
        days: dict[str, dict[str, int]] = {}
        for day, metric, count in rows:
            days.setdefault(day, {})[metric] = count
        return days


@lru_cache(maxsize=1)
def get_outcome_store() -> OutcomeStore:
    """The store that the settings name."""
    settings = get_settings()
    if settings.history_table:
        # boto3, which one machine does not need
        from functions.recommendation.outcomes_table import DynamoOutcomeStore  # noqa: PLC0415

        return DynamoOutcomeStore(settings.history_table)
    store = SqliteOutcomeStore(settings.history_db)
    atexit.register(store.flush)
    return store
