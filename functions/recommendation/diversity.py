"""Ranking that shows unlike items (maximal marginal relevance, Carbonell and Goldstein 1998)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

CANDIDATES = 5  # for each item that is wanted
FEWEST_CANDIDATES = 50


def candidates(k: int) -> int:
    """How many items to choose ``k`` from."""
    return max(FEWEST_CANDIDATES, CANDIDATES * k)


def diversify(
    scores: NDArray[Any], vectors: NDArray[Any], k: int, diversity: float
) -> NDArray[np.int64]:
    """Places of ``k`` items, each the best by score less likeness to those before it.

    Args:
        scores: (M,), best first.
        vectors: (M, H).
        k: how many; all where there are fewer.
        diversity: 0 keeps the order of the scores, 1 looks at likeness alone after the first.
    """
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    spread = float(scores[0] - scores[-1]) or 1.0
    relevance = (scores - scores[-1]) / spread  # (M,) in 0..1
    nearest = np.zeros(len(scores))
    left = np.ones(len(scores), bool)
    chosen: list[int] = []
    for _ in range(min(k, len(scores))):
        value = (1 - diversity) * relevance - (diversity * nearest if chosen else 0)
        place = int(np.argmax(np.where(left, value, -np.inf))) if chosen else 0
        chosen.append(place)
        left[place] = False
        nearest = np.maximum(nearest, unit @ unit[place])
    return np.array(chosen, np.int64)
