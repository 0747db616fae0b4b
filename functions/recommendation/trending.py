"""Which items have had most events of late."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.counts import HOUR_S, KEPT_HOURS, Counted, hour_of
from functions.recommendation.filters import known_fields, wrong
from functions.recommendation.history import HistoryStore
from functions.recommendation.item_requests import TrendingRequest
from functions.recommendation.live import is_text
from functions.recommendation.model import EVENT_TYPES, RecommendationModel
from functions.recommendation.wanted import DIGITS, Ranked

HALF_LIVES = 5  # of which events count; older ones would count less than 1/32
LATE_S = 3_600  # that an hour's counts are read again after its end
MAX_AGE_S = 30.0  # of counts of hours that are read again, where another process has written
MOST_VALUES = 50  # of a field that are told apart


@dataclass(frozen=True, slots=True)
class _Hour:
    """Counts of one hour.

    Attributes:
        rows: (M,) int64, of the catalogue, each once.
        counts: (M, 3), by the places of `EVENT_TYPES`.
        read_s: when they were read, in seconds since 1970-01-01 UTC.
    """

    rows: NDArray[np.int64]
    counts: NDArray[np.float64]
    read_s: float

    def is_current(self, hour: int, now_s: float) -> bool:
        """Whether they need not be read again."""
        closed_s = (hour + 1) * HOUR_S + LATE_S
        return self.read_s >= closed_s or 0 <= now_s - self.read_s < MAX_AGE_S


class Trending:
    """Sums of counts by the hour, of which a process reads those of past hours once.

    Args:
        model: whose catalogue's items are counted.
        weights: of kinds of events, by the places of `EVENT_TYPES`.
    """

    def __init__(self, model: RecommendationModel, weights: Sequence[float]) -> None:
        self._model, self._weights = model, np.array(weights)
        self._store: HistoryStore | None = None
        self._hours: dict[int, _Hour] = {}

    def forget(self, hours: set[int]) -> None:
        """Read these hours' counts again, since this process has written some."""
        for hour in hours:
            self._hours.pop(hour, None)

    def sums(
        self, store: HistoryStore, now_s: float, half_life_h: float, kind: str | None
    ) -> NDArray[np.float64]:
        """Of each item, (N,), how many weighted events it had, by age.

        Args:
            store: that counts them.
            now_s: seconds since 1970-01-01 UTC.
            half_life_h: hours after which an event counts half.
            kind: of events that count; all, weighted, where absent.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        newest = hour_of(now_s)
        wanted = range(newest - min(round(HALF_LIVES * half_life_h), KEPT_HOURS) + 1, newest + 1)
        self._read(store, wanted, now_s)
        weights = self._weights if kind is None else np.array(EVENT_TYPES) == kind
        sums = np.zeros(self._model.count)
        for hour in wanted:
            counted = self._hours[hour]
            age_h = max(0.0, now_s / HOUR_S - hour - 0.5)
            sums[counted.rows] += counted.counts @ weights * 0.5 ** (age_h / half_life_h)
        return sums

    def _read(self, store: HistoryStore, wanted: range, now_s: float) -> None:
        if store is not self._store:
            self._store, self._hours = store, {}
        known = self._hours
        missing = [h for h in wanted if h not in known or not known[h].is_current(h, now_s)]
        by_hour: dict[int, list[Counted]] = {hour: [] for hour in missing}
        if missing:
            for counted in store.counts(missing):
                by_hour[counted.hour].append(counted)
        oldest = hour_of(now_s) - KEPT_HOURS
        self._hours = {hour: known[hour] for hour in known if hour >= oldest}
        for hour, counts in by_hour.items():
            self._hours[hour] = self._hour(counts, now_s)

    def _hour(self, counts: Sequence[Counted], now_s: float) -> _Hour:
        by_row: dict[int, list[int]] = {}
        for counted in counts:
            row = self._model.row(counted.item_id)
            if row is not None and counted.event in EVENT_TYPES:
                kinds = by_row.setdefault(row, [0] * len(EVENT_TYPES))
                kinds[EVENT_TYPES.index(counted.event)] += counted.times
        table = np.array(list(by_row.values()), np.float64).reshape(-1, len(EVENT_TYPES))
        return _Hour(np.array(list(by_row), np.int64), table, now_s)


def rank_trending(sums: NDArray[np.float64], k: int, allowed: NDArray[np.bool_] | None) -> Ranked:
    """The items with the largest sums; none without any."""
    values = sums if allowed is None else np.where(allowed, sums, 0)
    rows = np.flatnonzero(values)
    rows = rows[np.lexsort((rows, -values[rows]))][:k]
    return Ranked(rows.tolist(), values[rows].round(DIGITS).tolist())


def rank_by_value(
    sums: NDArray[np.float64], request: TrendingRequest, catalogue: Catalogue
) -> Mapping[str, Ranked]:
    """The best items of each value of a field, the value with the largest sum first.

    Raises:
        InvalidRequest: the catalogue has no such field of text.
    """
    name = request.per or ""
    values = catalogue.fields.get(name)
    if values is None:
        raise wrong("/per", known_fields(name, catalogue))
    if not is_text(values):
        raise wrong("/per", f"field {name!r} holds numbers; a field of text is wanted")
    shown = sums if catalogue.active is None else np.where(catalogue.active, sums, 0)
    found, places = np.unique(values, return_inverse=True)
    totals = np.bincount(places, shown, len(found))
    by_total: list[int] = np.argsort(-totals, kind="stable").tolist()
    order = [place for place in by_total if totals[place] and found[place]]
    if request.value is not None:
        order = [place for place in range(len(found)) if found[place] == request.value]
    return {
        str(found[place]): rank_trending(shown, request.k, places == place)
        for place in order[:MOST_VALUES]
    }
