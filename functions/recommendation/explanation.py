"""Which events of a history moved an item's score, by leaving each item out in one batch."""

import numpy as np
from numpy.typing import NDArray

from functions.recommendation.model import Array, Events, RecommendationModel

MOST_NAMED = 3


def _scores(
    model: RecommendationModel, states: Array, items: Array, added: Array, shown: list[int]
) -> NDArray[np.float32]:
    """Scores of the shown items for each state, (B, K)."""
    scores = states @ model.vectors(shown).T + model.biases[shown]  # (B, K)
    for place, row in enumerate(shown):
        scores[:, place] += np.where(items == row, added, 0).sum(axis=1)
    found: NDArray[np.float32] = scores
    return found


def because(
    model: RecommendationModel, events: Events, shown: list[int]
) -> list[list[tuple[int, float]]]:
    """For each shown item the history's items that its score would fall most without.

    Args:
        model: that ranked.
        events: of the shopper, not empty.
        shown: rows of the items.

    Returns:
        For each shown item at most `MOST_NAMED` pairs of a history item's row and how far the
        score falls without all its events, greatest first; only those that raised it. None where
        any one of several would do.
    """
    events = events.newest(model.length)
    distinct = list(dict.fromkeys(events.items))
    variants = [events.without(row) for row in distinct]
    kept = [variant for variant in variants if variant.items]
    states, items, added = model.encode([events, *kept])
    scores = _scores(model, states, items, added, shown)  # (1 + V, K)
    if len(kept) < len(variants):  # the only item: without it nothing but popularity is left
        scores = np.vstack([scores, model.biases[shown]])
    falls = scores[0] - scores[1:]  # (V, K)
    found = []
    for column in falls.T:
        order = np.argsort(-column, kind="stable")[:MOST_NAMED]
        found.append([(distinct[i], float(column[i])) for i in order if column[i] > 0])
    return found
