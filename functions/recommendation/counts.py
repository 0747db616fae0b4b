"""How often items are viewed, put into carts and bought, by the hour.

Counts are written with the events. What is on the rise is their sum, in which an hour counts half
of one that is a half-life younger.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlite3 import Connection

HOUR_S = 3_600
KEPT_HOURS = 240  # older events are not counted, and counts not read
COUNTS_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS counts (hour INTEGER NOT NULL, item TEXT NOT NULL,"
    " kind TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (hour, item, kind)) WITHOUT ROWID"
)


class Counted(NamedTuple):
    """How many events of a kind an item had in an hour.

    Attributes:
        hour: since 1970-01-01 UTC.
    """

    hour: int
    item_id: str
    event: str
    times: int


def hour_of(time_s: float) -> int:
    """The hour of a time, since 1970-01-01 UTC."""
    return int(time_s // HOUR_S)


def expiry_of(hour: int) -> int:
    """When an hour's counts are of no use, in seconds since 1970-01-01 UTC."""
    return (hour + KEPT_HOURS + 1) * HOUR_S


def counted(events: Iterable[tuple[str, str, float]], now_s: float) -> list[Counted]:
    """Counts of events, each an item's id, a kind and a time; those of long ago are left out."""
    counts = Counter(
        (hour_of(time_s), item_id, kind)
        for item_id, kind, time_s in events
        if now_s < expiry_of(hour_of(time_s))
    )
    return [Counted(*key, count) for key, count in counts.items()]


def add_counts(connection: "Connection", counts: Sequence[Counted], now_s: float) -> None:
    """Add to what SQLite has, and delete what is of no use any more."""
    if not counts:
        return
    oldest = hour_of(now_s) - KEPT_HOURS
    connection.execute("DELETE FROM counts WHERE hour < ?", (oldest,))
    connection.executemany(
        "INSERT INTO counts VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET count = count + excluded.count",
        counts,
    )
