"""The recommendation service's requests that are one JSON document, by path."""

from functions.recommendation.schemas import (
    EventsRequest,
    EventsResponse,
    ItemsResponse,
    RecommendationRequest,
    RerankRequest,
)
from functions.recommendation.service import get_service, recommend
from shared.http.fast_posts import Posts


async def post_recommendations(request: RecommendationRequest) -> ItemsResponse:
    """Items that the shopper is likely to want next."""
    return recommend(request)


async def post_rerank(request: RerankRequest) -> ItemsResponse:
    """The given items in the order in which the shopper is likely to want them."""
    return recommend(request)


async def post_events(request: EventsRequest) -> EventsResponse:
    """Record what users did; the next recommendation by `user_id` uses it."""
    return get_service().record(request)


POSTS: Posts = {
    "/v1/recommendations": post_recommendations,
    "/v1/recommendations/rerank": post_rerank,
    "/v1/events": post_events,
}
