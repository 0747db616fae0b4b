"""One shopper's events, from the store and from the request, as the model reads them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from functions.recommendation.history import UserEvent
from functions.recommendation.model import EVENT_TYPES, Events, RecommendationModel
from functions.recommendation.schemas import HistoryEvent
from functions.recommendation.weighting import Weighting

NAMED = 5  # unknown items that a warning names


def not_in_catalogue(where: str, item_ids: Iterable[str], what: str) -> str:
    """A warning that names unknown items, and says what became of them."""
    known = list(item_ids)
    named = ", ".join(known[:NAMED]) + (", ..." if len(known) > NAMED else "")
    return f"{where}: not in the catalogue and {what}: {named}."


@dataclass(frozen=True)
class Shopper:
    """What is known of the one that a request is for.

    Attributes:
        events: of items in the catalogue, oldest first; may be empty.
        warnings: what had to be left out.
    """

    events: Events
    warnings: list[str]


def _timed(history: Sequence[HistoryEvent], now: float) -> list[tuple[float, str, str]]:
    """Time, item and kind of each event; one without a time has that of the event after it."""
    found: list[tuple[float, str, str]] = []
    later = now
    for event in reversed(history):
        later = later if event.timestamp is None else event.timestamp
        found.append((later, event.item_id, event.event))
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
    merged = [(e.timestamp, e.item_id, e.event) for e in stored] + _timed(history, now)
    merged.sort(key=lambda event: event[0])
    events, unknown = Events([], [], [], []), dict[str, None]()
    for timestamp, item_id, kind_name in merged:
        row = model.row(item_id)
        if row is None:
            unknown[item_id] = None
            continue
        kind, age_s = EVENT_TYPES.index(kind_name), max(0.0, now - timestamp)
        for column, value in zip(
            events.columns, (row, kind, age_s, weighting.weight(kind, age_s)), strict=True
        ):
            column.append(value)
    warnings = []
    if unknown:
        warnings.append(not_in_catalogue("history", unknown, "left out"))
    if len(events.items) > model.length:
        warnings.append(
            f"history: of {len(events.items)} events the model takes the newest {model.length}; "
            "the others only count as seen."
        )
    return Shopper(events, warnings)
