"""What one request asks for, and what it comes to: rows of the catalogue, best first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np

from functions.recommendation.diversity import candidates, diversify
from functions.recommendation.explanation import because
from functions.recommendation.filters import mask_of
from functions.recommendation.model import Array, RecommendationModel
from functions.recommendation.schemas import (
    RecommendationRequest,
    RerankRequest,
)
from functions.recommendation.shopper import Shopper, not_in_catalogue
from shared.process.telemetry import span

DIGITS = 4  # of a score
_UNKNOWN = "No event of an item in the catalogue is known: "
NO_HISTORY = _UNKNOWN + "the most popular items are shown."
NO_HISTORY_TO_RERANK = _UNKNOWN + "the given items are in the order of their popularity."

Personal = RecommendationRequest | RerankRequest


@dataclass(slots=True)
class Ranked:
    """Rows of the catalogue with their scores, best first.

    Attributes:
        scores: with `DIGITS` after the point.
        reasons: of each row, where they were asked for: rows of the history and their weights.
    """

    rows: list[int]
    scores: list[float]
    reasons: list[list[tuple[int, float]]] | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Wanted:
    """One request that passed its checks.

    Attributes:
        allowed: (N,) bool, the items that may be shown; None for all.
        k: how many are.
        warnings: what had to be left out.
    """

    request: Personal
    shopper: Shopper
    allowed: Array | None
    k: int
    warnings: list[str]

    @property
    def known(self) -> bool:
        """Whether anything is known of the shopper."""
        return bool(self.shopper.events.items)

    @property
    def diversity(self) -> float:
        """How much being unlike the others counts."""
        request = self.request
        return request.diversity if isinstance(request, RecommendationRequest) else 0.0

    @property
    def candidates(self) -> int:
        """Items to rank, of which ``k`` are shown."""
        return candidates(self.k) if self.diversity else self.k

    @property
    def excludes_seen(self) -> bool:
        """Whether items of the history are not to be shown."""
        request = self.request
        return isinstance(request, RecommendationRequest) and request.exclude_seen

    @property
    def no_history(self) -> str:
        """What is told where nothing is known of the shopper."""
        return NO_HISTORY_TO_RERANK if isinstance(self.request, RerankRequest) else NO_HISTORY

    def hide(self, scores: Array) -> None:
        """Give minus infinity to what is not to be shown, in place; (N,) or more scores."""
        if self.allowed is not None:
            np.putmask(scores[: len(self.allowed)], ~self.allowed, -np.inf)
        if self.excludes_seen:
            scores[self.shopper.events.items] = -np.inf


def wanted_of(request: Personal, shopper: Shopper, model: RecommendationModel) -> Wanted:
    """What a request asks for, of this catalogue.

    Raises:
        InvalidRequest: its filter does not fit the catalogue.
        LimitExceeded: its filter is nested too deeply.
    """
    if isinstance(request, RecommendationRequest):
        allowed = None if request.filter is None else mask_of(request.filter, model.catalogue)
        return Wanted(request, shopper, allowed, request.k, shopper.warnings)
    warnings = list(shopper.warnings)
    rows = {item_id: model.row(item_id) for item_id in request.item_ids}
    missing = [item_id for item_id, row in rows.items() if row is None]
    if missing:
        warnings.append(not_in_catalogue("item_ids", missing, "left out"))
    if repeated := len(request.item_ids) - len(rows):
        warnings.append(f"item_ids: {repeated} are repeated, and ranked once.")
    given = [row for row in rows.values() if row is not None]
    allowed = np.zeros(model.count, bool)
    allowed[given] = True
    return Wanted(request, shopper, allowed, len(given), warnings)


def rank_known(model: RecommendationModel, several: Sequence[Wanted]) -> list[Ranked]:
    """Rank for shoppers with events, in one run."""
    with span("infer"):
        states, items, added = model.encode([wanted.shopper.events for wanted in several])
        offsets = _offsets(model, several, added)
        feeds = model.ranking(states, offsets=offsets, events=(items, added))
        scores, rows = model.top(feeds, max(wanted.candidates for wanted in several))
    best = zip(several, scores, _rounded(scores), rows.tolist(), strict=True)
    return [_choose(model, *one) for one in best]


def _rounded(scores: Array) -> list[Any]:
    rounded: list[Any] = scores.astype(np.float64).round(DIGITS).tolist()
    return rounded


def _offsets(model: RecommendationModel, several: Sequence[Wanted], added: Array) -> Array | None:
    """Offsets that hide what is not to be shown, None for the model's own.

    An item of the history needs none, however large the catalogue: what its events add, (B, T),
    becomes minus infinity in place.
    """
    offsets = None
    for place, wanted in enumerate(several):
        if wanted.excludes_seen:
            added[place] = -np.inf
        if wanted.allowed is not None or len(wanted.shopper.events.items) > model.length:
            if offsets is None:
                offsets = np.repeat(model.biases[None], len(several), axis=0)  # (B, N + 1)
            wanted.hide(offsets[place])
    return offsets


def _choose(
    model: RecommendationModel, wanted: Wanted, exact: Array, scores: list[float], rows: list[int]
) -> Ranked:
    """The items to show, of those that were ranked for any of the requests."""
    shown = sum(map(isfinite, scores[: wanted.candidates]))
    scores, rows = scores[:shown], rows[:shown]
    if wanted.diversity and rows:
        places = diversify(exact[:shown], model.vectors(rows), wanted.k, wanted.diversity)
        scores, rows = ([column[place] for place in places] for column in (scores, rows))
    ranked = Ranked(rows[: wanted.k], scores[: wanted.k])
    if wanted.request.explain and ranked.rows:
        with span("explain"):
            ranked.reasons = because(model, wanted.shopper.events, ranked.rows)
    return ranked


def rank_popular(model: RecommendationModel, k: int, wanted: Wanted | None = None) -> Ranked:
    """The most popular items, where there is a request of those that it lets be shown."""
    popularity = model.catalogue.popularity
    values = popularity.copy()
    if wanted is not None:
        wanted.hide(values)
    rows = np.argsort(-values, kind="stable")[:k]
    rows = rows[np.isfinite(values[rows])]
    return Ranked(rows.tolist(), popularity[rows].tolist())


def rank_similar(model: RecommendationModel, row: int, k: int) -> Ranked:
    """Other items, by the cosine of their vectors with one item's."""
    vector = model.vectors([row])  # (1, H)
    offsets = np.zeros((1, model.count + 1), np.float32)
    offsets[0, [row, model.count]] = -np.inf
    unit = vector / max(float(np.linalg.norm(vector)), 1e-9)
    with span("infer"):
        feeds = model.ranking(unit, scales=model.cosine_scales, offsets=offsets)
        scores, rows = model.top(feeds, min(k, model.count - 1))
    return Ranked(rows[0].tolist(), _rounded(scores[0]))
