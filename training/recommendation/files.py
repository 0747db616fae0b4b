"""A retailer's own events and items, as CSV files."""

import csv
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from shared.models.spec import DataSource
from training.errors import DataError
from training.recommendation.interactions import EVENTS, History, Interactions, Item

EVENT_COLUMNS = ("user_id", "item_id", "event", "timestamp")
ITEM_COLUMNS = ("item_id", "title")
DESCRIPTION = "description"  # a column of texts that may be there; no field


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with their line numbers.

    Raises:
        DataError: the file or a column is not there, a row has more or fewer, or it is not UTF-8.
    """
    try:
        stream = path.open(encoding="utf-8-sig", newline="")
    except FileNotFoundError as error:
        raise DataError(f"No file {path}.") from error
    with stream:
        reader = csv.DictReader(stream)
        try:
            _check_columns(path, reader.fieldnames or (), columns)
            for row in reader:
                if None in row or None in row.values():
                    raise DataError(
                        f"{path}, line {reader.line_num}: not as many columns as the first line "
                        "names; a text with a comma must be in double quotes."
                    )
                yield reader.line_num, row
        except UnicodeDecodeError as error:
            raise DataError(f"{path} is not UTF-8; save it as that.") from error


def _check_columns(path: Path, found: Sequence[str], wanted: tuple[str, ...]) -> None:
    missing = [name for name in wanted if name not in found]
    if missing:
        raise DataError(
            f"{path} lacks the column {', '.join(missing)}; its first line must name "
            f"{', '.join(wanted)}."
        )


def timestamp_of(text: str, where: str) -> float:
    """Seconds since 1970 of a number or of an ISO 8601 time, UTC where it names no zone.

    Raises:
        DataError: it is neither.
    """
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if math.isfinite(seconds):
        return seconds
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(
            f"{where}: {text!r} is no time; write seconds since 1970 or 2026-01-31T12:00:00."
        ) from error
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def read_items(path: Path) -> list[Item]:
    """The catalogue; every column beside id and texts is a field, a number where all are.

    Raises:
        DataError: a column is missing, or an item is there twice.
    """
    rows = list(_rows(path, ITEM_COLUMNS))
    texts = (*ITEM_COLUMNS, DESCRIPTION)
    names = [name for name in (rows[0][1] if rows else {}) if name not in texts]
    numbers = {name for name in names if all(_is_number(row[name]) for _, row in rows)}
    seen: set[str] = set()
    items = []
    for line, row in rows:
        if row["item_id"] in seen:
            raise DataError(f"{path}, line {line}: item {row['item_id']!r} is there twice.")
        seen.add(row["item_id"])
        fields = {name: _field(row[name], number=name in numbers) for name in names}
        described = " ".join(row.get(DESCRIPTION, "").split())
        items.append(Item(row["item_id"], row["title"], fields, described))
    return items


def read_catalogue(path: Path) -> Interactions:
    """A shop's items, of which none has an event yet.

    Raises:
        DataError: as `read_items`.
    """
    items = read_items(path)
    source = DataSource(name=path.name, source="given by the user", licence="own", rows=len(items))
    return Interactions(items, [], timed=False, sources=[source])


def _is_number(text: str | None) -> bool:
    try:
        float(text or "nan")
    except ValueError:
        return False
    return True


def _field(text: str | None, *, number: bool) -> str | float:
    return float(text or "nan") if number else text or ""


def read_files(events: Path, items: Path | None) -> Interactions:
    """Events and catalogue of a shop.

    Args:
        events: CSV with `EVENT_COLUMNS`.
        items: CSV with `ITEM_COLUMNS` and any others; where absent, ids stand for titles.

    Raises:
        DataError: a row cannot be used; it names the line.
    """
    catalogue = read_items(items) if items else []
    place = {item.item_id: index for index, item in enumerate(catalogue)}
    found: dict[str, list[tuple[float, int, int]]] = {}
    count = 0
    for line, row in _rows(events, EVENT_COLUMNS):
        where = f"{events}, line {line}"
        if row["event"] not in EVENTS:
            raise DataError(f"{where}: event {row['event']!r} is none of {', '.join(EVENTS)}.")
        if row["item_id"] not in place:
            if items:
                raise DataError(f"{where}: item {row['item_id']!r} is not in {items}.")
            place[row["item_id"]] = len(catalogue)
            catalogue.append(Item(row["item_id"], row["item_id"]))
        time = timestamp_of(row["timestamp"], where)
        event = EVENTS.index(row["event"])
        found.setdefault(row["user_id"], []).append((time, place[row["item_id"]], event))
        count += 1
    if not found:
        raise DataError(f"{events} has no events.")
    histories = []
    for rows in found.values():
        rows.sort(key=lambda row: row[0])
        times, rows_items, kinds = zip(*rows, strict=True)
        histories.append(
            History(
                np.array(rows_items, np.int64),
                np.array(kinds, np.int64),
                np.array(times, np.float64),
            )
        )
    source = DataSource(name=events.name, source="given by the user", licence="own", rows=count)
    return Interactions(catalogue, histories, timed=True, sources=[source])
