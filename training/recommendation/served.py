"""Figures of a served folder, through the code that serves it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from functions.recommendation.model import Events, RecommendationModel
from training.recommendation.interactions import Case
from training.recommendation.measures import Scorer


def events_of(case: Case, *, timed: bool) -> Events:
    """A case as the service would hand it to the model."""
    history = case.history
    ages = case.time - history.times if timed else np.zeros(len(history))
    return Events(
        history.items.tolist(), history.events.tolist(), ages.tolist(), [1.0] * len(history)
    )


def served_scorer(model: RecommendationModel, *, timed: bool) -> Scorer:
    """Scores of cases by the served graphs."""

    def score(cases: Sequence[Case]) -> NDArray[np.float32]:
        states, items, added = model.encode([events_of(case, timed=timed) for case in cases])
        feeds = model.ranking(states) | {"item_ids": items, "added": added}
        found: NDArray[np.float32] = model.scores(feeds)[:, : model.count].copy()
        return found

    return score
