"""What is popular; for a model that was made before there were events, by those recorded since."""

import time
from dataclasses import replace

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.counts import KEPT_HOURS
from functions.recommendation.history import HistoryStore
from functions.recommendation.model import RecommendationModel
from functions.recommendation.ranking import rank_unknown
from functions.recommendation.trending import HALF_LIVES, Trending
from functions.recommendation.wanted import Ranked, Wanted
from shared.errors import StoreUnavailable
from shared.process.telemetry import span

HALF_LIFE_H = KEPT_HOURS / HALF_LIVES  # all hours of which counts are kept
NOTHING_YET = (
    "No event of an item in the catalogue was recorded yet (POST /v1/events): nothing is known of "
    "what is popular, and items are in the catalogue's order."
)


class Popularity:
    """How popular items are: by the training's events, or by those recorded where it had none.

    Args:
        model: that ranks.
        trending: sums of recorded events.
        store: that counts them.
    """

    def __init__(self, model: RecommendationModel, trending: Trending, store: HistoryStore) -> None:
        self._model, self._trending, self._store = model, trending, store

    def of(self, catalogue: Catalogue) -> tuple[Catalogue, list[str]]:
        """The catalogue with how popular its items are, and a warning where that is not known."""
        if self._model.knows_events:
            return catalogue, []
        try:
            with span("history"):
                sums = self._trending.sums(self._store, time.time(), HALF_LIFE_H, None)
        except StoreUnavailable as error:
            return catalogue, [f"Nothing is known of what is popular: {error.detail}"]
        if not sums.any():
            return catalogue, [NOTHING_YET]
        return replace(catalogue, popularity=sums), []

    def rank(self, wanted: Wanted) -> Ranked:
        """The most popular items, for a shopper of whom nothing is known."""
        wanted.catalogue, warnings = self.of(wanted.catalogue)
        ranked = rank_unknown(wanted)
        ranked.warnings += warnings
        return ranked
