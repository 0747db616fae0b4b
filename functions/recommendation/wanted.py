"""What one request of a shopper asks for, of the catalogue as it is, and what it comes to."""

from dataclasses import dataclass, field

import numpy as np

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.diversity import candidates
from functions.recommendation.filters import allowed_by
from functions.recommendation.model import Array, RecommendationModel
from functions.recommendation.placing import Placed, candidates_of
from functions.recommendation.schemas import RecommendationRequest, RerankRequest
from functions.recommendation.shopper import Shopper, named, not_in_catalogue
from functions.recommendation.steering import Steering, steering_of

DIGITS = 4  # of a score
_UNKNOWN = "No event of an item in the catalogue is known: "
NO_HISTORY = _UNKNOWN + "the most popular items are shown."
NO_HISTORY_TO_RERANK = _UNKNOWN + "the given items are in the order of their popularity."
Personal = RecommendationRequest | RerankRequest


@dataclass(slots=True)
class Ranked:
    """Rows of the catalogue with their scores, best first unless a request has controls.

    Attributes:
        scores: with `DIGITS` after the point.
        reasons: of each row, where they were asked for: rows of the history and their weights.
        placed: how they came to their places, where the request has controls.
    """

    rows: list[int]
    scores: list[float]
    reasons: list[list[tuple[int, float]]] | None = None
    warnings: list[str] = field(default_factory=list)
    placed: Placed | None = None


@dataclass(slots=True)
class Wanted:
    """One request that passed its checks.

    Attributes:
        catalogue: as it is now.
        allowed: (N,) bool, the items that may be shown; None for all.
        k: how many are.
        warnings: what had to be left out.
        steering: what its controls come to, where it has any.
    """

    request: Personal
    shopper: Shopper
    catalogue: Catalogue
    allowed: Array | None
    k: int
    warnings: list[str]
    steering: Steering | None = None

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
        k = self.k if self.steering is None else candidates_of(self.steering, self.k)
        return candidates(k) if self.diversity else k

    @property
    def excludes_seen(self) -> bool:
        """Whether items of the history are not to be shown."""
        request = self.request
        return isinstance(request, RecommendationRequest) and request.exclude_seen

    @property
    def hidden(self) -> list[int]:
        """Rows that are not to be shown for what the shopper has seen, or the request says."""
        hidden = self.shopper.events.items if self.excludes_seen else []
        if self.steering is None:
            return hidden
        if not self.steering.excluded and not self.steering.pinned:
            return hidden
        pinned = set(self.steering.pinned_rows)
        return [row for row in (*hidden, *self.steering.excluded) if row not in pinned]

    @property
    def no_history(self) -> str:
        """What is told where nothing is known of the shopper."""
        return NO_HISTORY_TO_RERANK if isinstance(self.request, RerankRequest) else NO_HISTORY

    def hide(self, scores: Array) -> None:
        """Give minus infinity to what is not to be shown, in place; (N,) or more scores."""
        if self.allowed is not None:
            np.putmask(scores[: len(self.allowed)], ~self.allowed, -np.inf)
        if hidden := self.hidden:
            scores[hidden] = -np.inf


def wanted_of(
    request: Personal, shopper: Shopper, model: RecommendationModel, catalogue: Catalogue
) -> Wanted:
    """What a request asks for, of this catalogue.

    Raises:
        InvalidRequest: a filter or a field does not fit the catalogue.
        LimitExceeded: a filter is nested too deeply.
    """
    if isinstance(request, RecommendationRequest):
        allowed = allowed_by(request.filter, catalogue)
        steering = steering_of(request, catalogue, model.row, allowed)
        warnings = [*shopper.warnings, *(steering.warnings if steering else ())]
        return Wanted(request, shopper, catalogue, allowed, request.k, warnings, steering)
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
    if catalogue.active is not None:
        allowed &= catalogue.active
        if inactive := [catalogue.ids[row] for row in given if not allowed[row]]:
            warnings.append(f"item_ids: not active and left out: {named(inactive)}.")
    return Wanted(request, shopper, catalogue, allowed, int(allowed.sum()), warnings)
