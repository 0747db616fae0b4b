"""HTTP entry of the recommendation service: routes and the Lambda handler, wiring only."""

from functions.recommendation.loading import LOADING

# isort: split
from typing import Annotated

from functions.recommendation.operations import OPERATIONS, SAMPLE
from functions.recommendation.schemas import (
    MAX_K,
    EventsRequest,
    EventsResponse,
    ItemsResponse,
    QueueMessage,
    RecommendationRequest,
    RerankRequest,
)
from functions.recommendation.service import SERVICE, answer_message, get_service, recommend
from shared.framework import APIRouter, Query
from shared.json_route import JsonRoute
from shared.lambda_http import lambda_handler
from shared.problem_responses import PROBLEM_RESPONSES
from shared.routes import health_router, models_router
from shared.web import create_app

router = APIRouter(tags=[SERVICE], route_class=JsonRoute)
Count = Annotated[int, Query(ge=1, le=MAX_K, description="How many items.")]


@router.post("/v1/recommendations", responses=PROBLEM_RESPONSES)
async def post_recommendations(request: RecommendationRequest) -> ItemsResponse:
    """Items that the shopper is likely to want next."""
    return recommend(request)


@router.post("/v1/recommendations/rerank", responses=PROBLEM_RESPONSES)
async def post_rerank(request: RerankRequest) -> ItemsResponse:
    """The given items in the order in which the shopper is likely to want them."""
    return recommend(request)


@router.get("/v1/items/popular", responses=PROBLEM_RESPONSES)
async def get_popular(k: Count = 10) -> ItemsResponse:
    """The most popular items; the score is their number of events in the training data."""
    return get_service().popular(k)


@router.get("/v1/items/{item_id}/similar", responses=PROBLEM_RESPONSES)
async def get_similar(item_id: str, k: Count = 10) -> ItemsResponse:
    """Items that are had by the same shoppers; the score is a cosine."""
    return get_service().similar(item_id, k)


@router.post("/v1/events", responses=PROBLEM_RESPONSES)
async def post_events(request: EventsRequest) -> EventsResponse:
    """Record what users did; the next recommendation by `user_id` uses it."""
    return get_service().record(request)


router.include_router(health_router(SERVICE, get_service))
app = create_app(
    "Retail recommendation", __doc__, [router, models_router(SERVICE)], {SERVICE: OPERATIONS}
)
handler = lambda_handler(app, QueueMessage, answer_message, preload=LOADING.result, sample=SAMPLE)
