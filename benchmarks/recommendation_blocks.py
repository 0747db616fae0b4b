"""The same users for every way of recommending, and ours as a timed process.

python -m benchmarks.recommendation_blocks
"""

import logging
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.arguments import parser
from benchmarks.blocks import Timed, serve

HISTORY, K = 50, 10
VARIANTS = 3  # of a product, one of which is shown


def batches(size: int) -> list[list[str]]:
    """At least eight batches, and as many as 64 shoppers make; each shopper is a number."""
    count = max(8, 64 // size)
    return [[str(place * size + user) for user in range(size)] for place in range(count)]


@cache
def _user(number: int, items: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(number)
    return rng.choice(items, HISTORY, replace=False).astype(np.int64)


def users(numbers: Sequence[int], items: int) -> NDArray[np.int64]:
    """Histories of `HISTORY` different items, one for each number, (B, T)."""
    return np.stack([_user(number, items) for number in numbers])


def requests_of(numbers: Sequence[int], ids: Sequence[str]) -> list[Any]:
    """A request of each shopper, with the whole history."""
    from functions.recommendation.event_requests import HistoryEvent
    from functions.recommendation.schemas import RecommendationRequest

    now = time.time()
    return [
        RecommendationRequest(
            history=[
                HistoryEvent(item_id=ids[i], event="purchase", timestamp=now + place)
                for place, i in enumerate(row)
            ],
            k=K,
        )
        for row in users(numbers, len(ids)).tolist()
    ]


def controls_of(ids: Sequence[str]) -> dict[str, Any]:
    """Controls of a request, by field; the group that one of them names is written of all items."""
    from functions.recommendation.conditions import Condition
    from functions.recommendation.controls import Boost, Promotion
    from functions.recommendation.items import get_item_store

    variants = [(item_id, {"group": f"g{row // VARIANTS}"}) for row, item_id in enumerate(ids)]
    get_item_store().write(variants)
    return {
        "promotions": [Promotion(filter=Condition(field="price", gte=10), share=0.2)],
        "boosts": [Boost(filter=Condition(field="price", lte=1), factor=1.5)],
        "one_per": "group",
    }


def make() -> Timed:
    """The service, its model alone, and a numpy top-k over the same table in float32."""
    from functions.recommendation.model import EVENT_TYPES, Events
    from functions.recommendation.service import get_service

    logging.disable(logging.INFO)
    service = get_service()
    model = service.model
    ids = model.catalogue.ids
    table = model.vectors(range(model.count))  # (N, H)
    purchase = EVENT_TYPES.index("purchase")
    cached: dict[str, list[Any]] = {}
    controls = controls_of(ids)

    def requests(lines: list[str]) -> list[Any]:
        key = ",".join(lines)
        if key not in cached:
            cached[key] = requests_of([int(line) for line in lines], ids)
        return cached[key]

    def whole_service(lines: list[str]) -> object:
        return service.rank(requests(lines))

    def with_controls(lines: list[str]) -> object:
        key = "controls " + ",".join(lines)
        if key not in cached:
            cached[key] = [it.model_copy(update=controls) for it in requests(lines)]
        return service.rank(cached[key])

    def model_alone(lines: list[str]) -> object:
        rows = users([int(line) for line in lines], model.count)
        ages = [float(HISTORY - place) for place in range(HISTORY)]
        events = [Events(row, [purchase] * HISTORY, ages, [1.0] * HISTORY) for row in rows.tolist()]
        states, item_ids, added = model.encode(events)
        added[:] = -np.inf
        return model.top(model.ranking(states, events=(item_ids, added)), K)

    def numpy_topk(lines: list[str]) -> object:
        rows = users([int(line) for line in lines], model.count)
        states = table[rows[:, -1]]
        scores = states @ table.T + model.biases[:-1]
        np.put_along_axis(scores, rows, -np.inf, axis=1)
        best = np.argpartition(-scores, K, axis=1)[:, :K]
        return np.take_along_axis(scores, best, axis=1)

    return {
        "service": whole_service,
        "service with promotions, boosts and groups": with_controls,
        "model alone": model_alone,
        "numpy product and top-k alone": numpy_topk,
    }


if __name__ == "__main__":
    parser(__doc__).parse_args()
    timed = make()
    serve(lambda: timed, batches)
