"""A model over a random catalogue, opened with the code that serves."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.model import Events, RecommendationModel, open_graphs

Recommend = Callable[[Sequence[list[int]], int], object]


class _Spec:
    limits = {"history": 200}  # noqa: RUF012


def open_random(folder: Path, items: int) -> tuple[RecommendationModel, Recommend]:
    """The model, and a call that ranks for histories of rows with what was seen hidden.

    Args:
        folder: of graphs and tables, without a spec.
        items: N.
    """
    numbers = np.zeros(items)
    catalogue = Catalogue(["" for _ in range(items)], [], {}, numbers, numbers > 0)
    model = RecommendationModel(_Spec(), catalogue, {}, open_graphs(folder, 1))  # type: ignore[arg-type]

    def recommend(histories: Sequence[list[int]], k: int) -> object:
        shoppers = []
        for rows in histories:
            count = len(rows)
            ages_s = [float(i) for i in range(count, 0, -1)]
            shoppers.append(Events(rows, [2] * count, ages_s, [1.0] * count))
        states, item_ids, added = model.encode(shoppers)
        added[:] = -np.inf
        return model.top(model.ranking(states, events=(item_ids, added)), k)

    return model, recommend
