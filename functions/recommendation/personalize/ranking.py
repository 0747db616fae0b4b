"""Recommendations and rankings for Amazon Personalize's clients."""

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from functions.recommendation.answering import count_shown
from functions.recommendation.catalogue import Catalogue
from functions.recommendation.controls import Controlled, Promotion
from functions.recommendation.event_requests import HistoryEvent
from functions.recommendation.filters import allowed_by
from functions.recommendation.history import get_history_store
from functions.recommendation.identifiers import Identifier
from functions.recommendation.owners import session_key, user_key
from functions.recommendation.personalize.answers import Item, answer_of
from functions.recommendation.personalize.filters import (
    Filter,
    filter_of,
    promotions_of,
)
from functions.recommendation.personalize.names import recipe_of
from functions.recommendation.personalize.shapes import (
    DEFAULT_RESULTS,
    MAX_RESULTS,
    MAX_WITH_METADATA,
    Filtered,
    GetPersonalizedRankingRequest,
    GetRecommendationsRequest,
)
from functions.recommendation.placing import arrange
from functions.recommendation.ranking import rank_popular, rank_similar
from functions.recommendation.responses import ItemsResponse
from functions.recommendation.schemas import MAX_HISTORY, RecommendationRequest, RerankRequest
from functions.recommendation.service import RecommendationService
from functions.recommendation.steering import steering_of
from shared.aws_contract import AwsAnswer
from shared.errors import InvalidRequest, NotFound, ServiceError


@dataclass(frozen=True)
class _Asked:
    """What a request comes to, of the catalogue as it is.

    Attributes:
        promotions: as this product has them.
        hidden: items that are not to be shown for what the user did.
        k: how many are wanted.
    """

    request: GetRecommendationsRequest
    catalogue: Catalogue
    chosen: Filter
    promotions: list[Promotion]
    hidden: set[str]
    k: int


class _ManyRequest(RecommendationRequest):
    """As many items as Amazon Personalize gives."""

    k: int = Field(ge=1, le=MAX_RESULTS)
    excluded: list[Identifier] = Field([], max_length=MAX_HISTORY + 1)


class _ManyControls(Controlled):
    """The same for all who are asked for alike."""

    k: int = Field(ge=1, le=MAX_RESULTS)
    excluded: list[Identifier] = Field([], max_length=MAX_HISTORY + 1)


def get_recommendations(
    service: RecommendationService, request: GetRecommendationsRequest
) -> AwsAnswer:
    """Items for a user, or like an item.

    Raises:
        AwsRefusal: the campaign, the recommender or a filter is unknown.
        ServiceError: the request does not fit, or cannot be answered.
    """
    arn = request.campaign_arn or request.recommender_arn
    if arn is None or (request.campaign_arn and request.recommender_arn):
        raise InvalidRequest("Give one of /campaignArn and /recommenderArn.")
    with_item = request.item_id is not None
    recipe = recipe_of(arn, with_user=request.user_id is not None, with_item=with_item)
    catalogue, _ = service.live.now()
    chosen = filter_of(request, catalogue)
    promotions = promotions_of(request.promotions, catalogue)
    k = _wanted(request, request.num_results or DEFAULT_RESULTS)
    asked = _Asked(request, catalogue, chosen, promotions, _hidden(chosen, request.user_id), k)
    if recipe == "recommend":
        return answer_of(
            "itemList", asked.catalogue, service.model, request, _for_user(service, asked)
        )
    item_id = request.item_id if recipe == "similar" else None
    items = _for_all(service, item_id, asked)
    return answer_of("itemList", asked.catalogue, service.model, request, items)


def get_personalized_ranking(
    service: RecommendationService, request: GetPersonalizedRankingRequest
) -> AwsAnswer:
    """Items in the order in which a user will want them; unknown ones come last, without a score.

    Raises:
        AwsRefusal: the campaign or the filter is unknown.
        ServiceError: the request does not fit, or cannot be answered.
    """
    recipe_of(request.campaign_arn, with_user=True, with_item=True)
    model, (catalogue, _) = service.model, service.live.now()
    _wanted(request, len(request.input_list))
    chosen = filter_of(request, catalogue)
    hidden = _hidden(chosen, request.user_id)
    allowed = allowed_by(chosen.condition, catalogue)
    unknown, ranked = [], []
    for item_id in dict.fromkeys(request.input_list):
        row = model.row(item_id)
        if row is None:
            unknown.append(item_id)
        elif item_id not in hidden and (allowed is None or allowed[row]):
            ranked.append(item_id)
    found: list[Item] = []
    if ranked:
        query = RerankRequest(user_id=request.user_id, session_id=request.user_id, item_ids=ranked)
        found = _ask(service, query)
    answer = answer_of("personalizedRanking", catalogue, model, request, found)
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
    store = get_history_store()
    events = [
        event
        for key in (user_key(user_id), session_key(user_id))
        for event in store.newest(key, MAX_HISTORY)
    ]
    hidden = [event.item_id for event in events if event.event in chosen.hidden_kinds]
    return set(hidden[-MAX_HISTORY:])


def _for_user(service: RecommendationService, asked: _Asked) -> list[Item]:
    """What a user will want: a recommender leaves out what they know, a campaign does not."""
    request = asked.request
    item_id = request.item_id
    query = _ManyRequest(
        user_id=request.user_id,
        session_id=request.user_id,  # by which a visitor is asked for who has no other id
        history=[HistoryEvent(item_id=item_id)] if item_id is not None else [],
        k=asked.k,
        exclude_seen=request.recommender_arn is not None,
        filter=asked.chosen.condition,
        promotions=asked.promotions,
        excluded=sorted({*asked.hidden, *([] if item_id is None else [item_id])}),
    )
    return _ask(service, query)


def _ask(
    service: RecommendationService, query: RecommendationRequest | RerankRequest
) -> list[Item]:
    (outcome,) = service.rank([query])
    if isinstance(outcome, ServiceError):
        raise outcome
    assert isinstance(outcome, ItemsResponse)
    return [Item(item.item_id, item.score, item.promotion) for item in outcome.items]


def _for_all(service: RecommendationService, item_id: str | None, asked: _Asked) -> list[Item]:
    """Items like one, or the most popular ones, of those that may be shown: ``k``, or all."""
    model, catalogue = service.model, asked.catalogue
    if item_id is None:
        ranked = rank_popular(model.count, service.popularity.of(catalogue)[0])
    else:
        row = model.row(item_id)
        if row is None:
            raise NotFound(f"No item {item_id[:40]!r} in the catalogue.")
        ranked = rank_similar(model, row, model.count, catalogue)
    scores = np.full(model.count, -np.inf)
    scores[ranked.rows] = ranked.scores
    allowed = allowed_by(asked.chosen.condition, catalogue)
    if allowed is not None:
        scores[~allowed] = -np.inf
    hidden = [row for row in map(model.row, asked.hidden) if row is not None]
    scores[hidden] = -np.inf
    rows = [row for row in ranked.rows if np.isfinite(scores[row])]
    controls = _ManyControls(k=asked.k, promotions=asked.promotions)
    steering = steering_of(controls, catalogue, model.row, allowed)
    promoted: dict[int, str] = {}
    if steering is not None:
        placed = arrange(steering, asked.k, rows, scores)
        rows, promoted = placed.rows, placed.promoted
    rows = rows[: asked.k]
    count_shown(len(rows))
    ids = catalogue.ids
    return [Item(ids[row], float(scores[row]), promoted.get(row)) for row in rows]
