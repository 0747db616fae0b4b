"""Recommendations and rankings for Amazon Personalize's clients."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from pydantic import Field

from functions.recommendation.filters import mask_of
from functions.recommendation.history import get_history_store
from functions.recommendation.model import RecommendationModel
from functions.recommendation.personalize.filters import Filter, field_of, filter_of
from functions.recommendation.personalize.names import recipe_of
from functions.recommendation.personalize.shapes import (
    DEFAULT_RESULTS,
    MAX_RESULTS,
    MAX_WITH_METADATA,
    Filtered,
    GetPersonalizedRankingRequest,
    GetRecommendationsRequest,
)
from functions.recommendation.ranking import Ranked, rank_popular, rank_similar
from functions.recommendation.responses import ItemsResponse
from functions.recommendation.schemas import (
    MAX_HISTORY,
    HistoryEvent,
    RecommendationRequest,
    RerankRequest,
)
from functions.recommendation.service import RecommendationService
from shared.aws_contract import AwsAnswer
from shared.errors import InvalidRequest, NotFound, ServiceError

TITLE = "title"  # which every catalogue has, beside its fields

Scored = list[tuple[str, float]]


class _ManyRequest(RecommendationRequest):
    """As many items as Amazon Personalize gives, beside those that are hidden afterwards."""

    k: int = Field(ge=1, le=MAX_RESULTS + MAX_HISTORY)


def get_recommendations(
    service: RecommendationService, request: GetRecommendationsRequest
) -> AwsAnswer:
    """Items for a user, or like an item.

    Raises:
        AwsRefusal: the campaign, the recommender or the filter is unknown.
        ServiceError: the request does not fit, or cannot be answered.
    """
    if request.promotions:
        raise InvalidRequest("/promotions: not served here. Leave them out.")
    arn = request.campaign_arn or request.recommender_arn
    if arn is None or (request.campaign_arn and request.recommender_arn):
        raise InvalidRequest("Give one of /campaignArn and /recommenderArn.")
    with_item = request.item_id is not None
    recipe = recipe_of(arn, with_user=request.user_id is not None, with_item=with_item)
    chosen = filter_of(request, service.model.catalogue)
    hidden = _hidden(chosen, request.user_id)
    k = _wanted(request, request.num_results or DEFAULT_RESULTS)
    if recipe == "recommend":
        found = _for_user(service, request, chosen, k + len(hidden))
    else:
        item_id = request.item_id if recipe == "similar" else None
        found = _for_all(service.model, item_id, chosen, k + len(hidden))
    shown = [it for it in found if it[0] not in hidden][:k]
    return _answer("itemList", service.model, request, shown)


def get_personalized_ranking(
    service: RecommendationService, request: GetPersonalizedRankingRequest
) -> AwsAnswer:
    """Items in the order in which a user will want them; unknown ones come last, without a score.

    Raises:
        AwsRefusal: the campaign or the filter is unknown.
        ServiceError: the request does not fit, or cannot be answered.
    """
    recipe_of(request.campaign_arn, with_user=True, with_item=True)
    model = service.model
    _wanted(request, len(request.input_list))
    chosen = filter_of(request, model.catalogue)
    hidden = _hidden(chosen, request.user_id)
    allowed = None
    if chosen.condition is not None:
        allowed = mask_of(chosen.condition, model.catalogue)
    unknown, ranked = [], []
    for item_id in dict.fromkeys(request.input_list):
        row = model.row(item_id)
        if row is None:
            unknown.append(item_id)
        elif item_id not in hidden and (allowed is None or allowed[row]):
            ranked.append(item_id)
    found: Scored = []
    if ranked:
        found = _asked(service, RerankRequest(user_id=request.user_id, item_ids=ranked))
    answer = _answer("personalizedRanking", model, request, found)
    answer.root["personalizedRanking"] += [{"itemId": item_id} for item_id in unknown]
    return answer


def _wanted(request: Filtered, count: int) -> int:
    """How many items are asked for, within the limit."""
    if request.columns and count > MAX_WITH_METADATA:
        raise InvalidRequest(f"With /metadataColumns at most {MAX_WITH_METADATA} items are given.")
    return count


def _hidden(chosen: Filter, user_id: str | None) -> set[str]:
    """Items with which the user did what the filter names."""
    if not chosen.hidden_kinds or user_id is None:
        return set()
    events = get_history_store().newest(user_id, MAX_HISTORY)
    return {event.item_id for event in events if event.event in chosen.hidden_kinds}


def _for_user(
    service: RecommendationService, request: GetRecommendationsRequest, chosen: Filter, k: int
) -> Scored:
    """What a user will want: a recommender leaves out what they know, a campaign does not."""
    item_id = request.item_id
    history = [HistoryEvent(item_id=item_id)] if item_id is not None else []
    query = _ManyRequest(
        user_id=request.user_id,
        history=history,
        k=k + len(history),
        exclude_seen=request.recommender_arn is not None,
        filter=chosen.condition,
    )
    return [it for it in _asked(service, query) if it[0] != item_id]


def _asked(service: RecommendationService, query: RecommendationRequest | RerankRequest) -> Scored:
    (outcome,) = service.rank([query])
    if isinstance(outcome, ServiceError):
        raise outcome
    assert isinstance(outcome, ItemsResponse)
    return [(item.item_id, item.score) for item in outcome.items]


def _for_all(model: RecommendationModel, item_id: str | None, chosen: Filter, k: int) -> Scored:
    """Items like one, or the most popular ones, of those that may be shown: ``k``, or all."""
    most = k if chosen.condition is None else model.count
    if item_id is None:
        ranked: Ranked = rank_popular(model, most)
    else:
        row = model.row(item_id)
        if row is None:
            raise NotFound(f"No item {item_id[:40]!r} in the catalogue.")
        ranked = rank_similar(model, row, most)
    ids = model.catalogue.ids
    scored = list(zip(ranked.rows, ranked.scores, strict=True))
    if chosen.condition is not None:
        mask = mask_of(chosen.condition, model.catalogue)
        scored = [(row, score) for row, score in scored if mask[row]]
    return [(ids[row], score) for row, score in scored]


def _answer(
    name: str, model: RecommendationModel, request: Filtered, found: Sequence[tuple[str, float]]
) -> AwsAnswer:
    items: list[dict[str, Any]] = [{"itemId": id_, "score": score} for id_, score in found]
    if request.columns:
        for item in items:
            item["metadata"] = _metadata(model, request.columns, item["itemId"])
    return AwsAnswer({name: items, "recommendationId": str(uuid4())})


def _metadata(model: RecommendationModel, columns: Sequence[str], item_id: str) -> dict[str, str]:
    """What the catalogue has of an item, under the names that were asked for."""
    row, catalogue = model.row(item_id), model.catalogue
    assert row is not None
    return {
        column: catalogue.titles[row]
        if column.lower() == TITLE
        else str(catalogue.fields[field_of(column, catalogue)][row])
        for column in columns
    }
