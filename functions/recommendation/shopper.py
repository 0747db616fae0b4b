"""One shopper's events, from the store and from the request, as the model reads them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from functions.recommendation.event_requests import HistoryEvent
from functions.recommendation.history import UserEvent
from functions.recommendation.model import EVENT_TYPES, Events, RecommendationModel
from functions.recommendation.weighting import Weighting

NAMED = 5  # items that a warning names
_KINDS = {name: place for place, name in enumerate(EVENT_TYPES)}
_COLUMNS = attrgetter("item_id", "event", "timestamp")


def named(item_ids: Iterable[str]) -> str:
    """Items as a warning names them."""
    known = list(item_ids)
    return ", ".join(known[:NAMED]) + (", ..." if len(known) > NAMED else "")


def not_in_catalogue(where: str, item_ids: Iterable[str], what: str) -> str:
    """A warning that names unknown items, and says what became of them."""
    return f"{where}: not in the catalogue and {what}: {named(item_ids)}."


@dataclass(frozen=True)
class Shopper:
    """What is known of the one that a request is for.

    Attributes:
        events: of items in the catalogue, oldest first; may be empty.
        warnings: what had to be left out.
    """

    events: Events
    warnings: list[str]


def _given(times: Sequence[float | None], now: float) -> list[float]:
    """Time of each event; one without a time has that of the event after it."""
    found: list[float] = []
    later = now
    for time in reversed(times):
        later = later if time is None else time
        found.append(later)
    return found[::-1]


def shopper_of(
    stored: Sequence[UserEvent],
    history: Sequence[HistoryEvent],
    model: RecommendationModel,
    weighting: Weighting,
    now: float,
) -> Shopper:
    """Merge both histories in the order of time.

    Args:
        stored: the user's, oldest first.
        history: the request's, oldest first.
        model: whose catalogue decides which items are known.
        weighting: how much each event counts.
        now: seconds since 1970.
    """
    columns = zip(*map(_COLUMNS, [*stored, *history]), strict=True)
    item_ids, names, times = map(list, columns) if stored or history else ([], [], [])
    if None in times:
        times = _given(times, now)  # stored ones have theirs
    rows: list[Any] = list(map(model.row, item_ids))
    warnings = []
    if None in rows or times != sorted(times):
        order = sorted(range(len(times)), key=times.__getitem__)
        if unknown := dict.fromkeys(item_ids[p] for p in order if rows[p] is None):
            warnings.append(not_in_catalogue("history", unknown, "left out"))
        known = [place for place in order if rows[place] is not None]
        rows, names, times = ([column[p] for p in known] for column in (rows, names, times))
    kinds = list(map(_KINDS.__getitem__, names))
    ages_s = [now - time if time < now else 0.0 for time in times]
    events = Events(rows, kinds, ages_s, weighting.weights(kinds, ages_s))
    if len(rows) > model.length:
        warnings.append(
            f"history: of {len(rows)} events the model takes the newest {model.length}; "
            "the others only count as seen."
        )
    return Shopper(events, warnings)
