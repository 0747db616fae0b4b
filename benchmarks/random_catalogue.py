"""A model over a random catalogue, opened with the code that serves."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.model import Events, RecommendationModel, open_graphs

Recommend = Callable[[list[int], int], object]


class _Spec:
    limits = {"history": 200}  # noqa: RUF012


def open_random(folder: Path, items: int) -> tuple[RecommendationModel, Recommend]:
    """The model, and a call that ranks for a history of rows with what was seen hidden.

    Args:
        folder: of graphs and tables, without a spec.
        items: N.
    """
    numbers = np.zeros(items)
    catalogue = Catalogue(["" for _ in range(items)], [], {}, numbers, numbers > 0)
    model = RecommendationModel(_Spec(), catalogue, {}, open_graphs(folder, 1))  # type: ignore[arg-type]

    def recommend(rows: list[int], k: int) -> object:
        count = len(rows)
        events = Events(rows, [2] * count, [float(i) for i in range(count, 0, -1)], [1.0] * count)
        states, item_ids, added = model.encode([events])
        added[:] = -np.inf
        return model.top(model.ranking(states, events=(item_ids, added)), k)

    return model, recommend
