"""Answers that need no shopper: what is on the rise, and what is bought together."""

import time

from functions.recommendation.answering import items_of, items_response
from functions.recommendation.filters import allowed_by, wrong
from functions.recommendation.history import HistoryStore
from functions.recommendation.item_requests import BasketRequest, TrendingRequest
from functions.recommendation.live import LiveCatalogue
from functions.recommendation.model import RecommendationModel
from functions.recommendation.responses import ItemsOfValue, ItemsResponse, TrendingResponse
from functions.recommendation.shopper import not_in_catalogue
from functions.recommendation.together import Together, distinct
from functions.recommendation.trending import Trending, rank_by_value, rank_trending
from functions.recommendation.wanted import Ranked
from shared.errors import NotFound
from shared.process.telemetry import span

NOTHING_RECORDED = "No event of an item in the catalogue was recorded of late: POST /v1/events."


def answer_trending(
    request: TrendingRequest,
    store: HistoryStore,
    trending: Trending,
    model: RecommendationModel,
    live: LiveCatalogue,
) -> TrendingResponse:
    """The items with most events of late; the score is their number, weighted and by age.

    Raises:
        InvalidRequest: there is no field as it is asked for.
        StoreUnavailable: the store does not answer.
    """
    if request.value is not None and request.per is None:
        raise wrong("/value", "belongs to a field: give its name in 'per'")
    catalogue, warnings = live.now()
    with span("history"):
        sums = trending.sums(store, time.time(), request.half_life_h, request.event)
    ranked = rank_trending(sums, request.k, catalogue.active)
    if not ranked.rows:
        warnings = [*warnings, NOTHING_RECORDED]
    per = None
    if request.per is not None:
        by_value = rank_by_value(sums, request, catalogue)
        per = [
            ItemsOfValue.model_validate({"value": value, "items": items_of(model, found)})
            for value, found in by_value.items()
        ]
        if request.value is not None:
            ranked = by_value.get(request.value, Ranked([], []))
    per = None if request.value is not None else per
    also = [item.item_id for found in per or () for item in found.items]
    answer = items_response(model, ranked, warnings, also=also)
    return TrendingResponse(**dict(answer), per=per)


def answer_together(
    request: BasketRequest, model: RecommendationModel, live: LiveCatalogue
) -> ItemsResponse:
    """What is bought together with the items of a basket; the score is from 0 to 1.

    Raises:
        InvalidRequest: the filter does not fit the catalogue.
        LimitExceeded: the filter is nested too deeply.
        NotFound: the model came without a table of pairs.
    """
    table: Together | None = model.together
    if table is None:
        raise NotFound(
            f"The model {model.spec.identifier} came without a table of what is bought together. "
            "Train it anew, or make the table for it: python -m training.recommendation.together."
        )
    catalogue, warnings = live.now()
    allowed = allowed_by(request.filter, catalogue)
    rows = distinct(map(model.row, request.basket))
    unknown = [item_id for item_id in request.basket if model.row(item_id) is None]
    if unknown:
        warnings = [*warnings, not_in_catalogue("basket", dict.fromkeys(unknown), "left out")]
    strengths = table.with_basket(rows)
    strengths[distinct(map(model.row, request.excluded))] = 0
    ranked = rank_trending(strengths, request.k, allowed)
    if len(ranked.rows) < request.k:
        count = len(ranked.rows)
        warnings = [*warnings, f"{count} items were bought with the basket's often enough."]
    return items_response(model, ranked, warnings)
