"""A model over a random catalogue, opened with the code that serves."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.model import (
    ENCODER_FILE,
    RANKER_FILE,
    TABLES_FILE,
    Events,
    RecommendationModel,
)
from shared.inference import open_session

Recommend = Callable[[list[int], int], object]


class _Spec:
    limits = {"history": 200}  # noqa: RUF012


def open_random(folder: Path, items: int) -> tuple[RecommendationModel, Recommend]:
    """The model, and a call that ranks for a history of rows with what was seen hidden.

    Args:
        folder: of graphs and tables, without a spec.
        items: N.
    """
    with np.load(folder / TABLES_FILE) as stored:
        tables = {name: stored[name] for name in stored.files}
    given = {"items": tables["items"]}
    encoder = open_session(folder / ENCODER_FILE, 1, given | {"scales": tables["scales"]})
    ranker = open_session(folder / RANKER_FILE, 1, given)
    numbers = np.zeros(items)
    catalogue = Catalogue(["" for _ in range(items)], [], {}, numbers, numbers > 0)
    model = RecommendationModel(_Spec(), catalogue, None, (encoder, ranker), tables)  # type: ignore[arg-type]

    def recommend(rows: list[int], k: int) -> object:
        count = len(rows)
        events = Events(rows, [2] * count, [float(i) for i in range(count, 0, -1)], [1.0] * count)
        states, item_ids, added = model.encode([events])
        offsets = model.biases[None].copy()
        offsets[0, rows] = -np.inf
        feeds = model.ranking(states, offsets=offsets) | {"item_ids": item_ids, "added": added}
        return model.top(feeds, k)

    return model, recommend
