"""The recommendation service's routes, as FastAPI serves and documents them."""

from typing import Annotated

from functions.recommendation.operations import OPERATIONS
from functions.recommendation.posts import post_events, post_recommendations, post_rerank
from functions.recommendation.schemas import MAX_K, ItemsResponse
from functions.recommendation.service import SERVICE, get_service
from shared.http.deferred_fastapi import APIRouter, FastAPI, Query
from shared.http.openapi import create_app
from shared.http.problem_responses import PROBLEM_RESPONSES
from shared.http.routes import health_router, models_router

DESCRIPTION = "Items that a shopper is likely to want next, by what the shopper did before."
router = APIRouter(tags=[SERVICE])
Count = Annotated[int, Query(ge=1, le=MAX_K, description="How many items.")]
router.post("/v1/recommendations", responses=PROBLEM_RESPONSES)(post_recommendations)
router.post("/v1/recommendations/rerank", responses=PROBLEM_RESPONSES)(post_rerank)


@router.get("/v1/items/popular", responses=PROBLEM_RESPONSES)
async def get_popular(k: Count = 10) -> ItemsResponse:
    """The most popular items; the score is their number of events in the training data."""
    return get_service().popular(k)


@router.get("/v1/items/{item_id}/similar", responses=PROBLEM_RESPONSES)
async def get_similar(item_id: str, k: Count = 10) -> ItemsResponse:
    """Items that are had by the same shoppers; the score is a cosine."""
    return get_service().similar(item_id, k)


router.post("/v1/events", responses=PROBLEM_RESPONSES)(post_events)
router.include_router(health_router(SERVICE, get_service))


def make_app() -> FastAPI:
    """The application of all of them."""
    routers = [router, models_router(SERVICE)]
    return create_app("Retail recommendation", DESCRIPTION, routers, {SERVICE: OPERATIONS})
