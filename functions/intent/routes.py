"""The intent service's routes, as FastAPI serves and documents them."""

from functions.intent.operations import OPERATIONS
from functions.intent.posts import post_intent
from functions.intent.schemas import LabelsResponse
from functions.intent.service import SERVICE, get_service
from shared.http.deferred_fastapi import APIRouter, FastAPI
from shared.http.openapi import create_app
from shared.http.problem_responses import PROBLEM_RESPONSES
from shared.http.routes import health_router, models_router

DESCRIPTION = "What a customer's message wants, and whether that is sure enough to act on it."
router = APIRouter(tags=[SERVICE])
router.post("/v1/intent", responses=PROBLEM_RESPONSES)(post_intent)


@router.get("/v1/intent/labels")
async def get_labels() -> LabelsResponse:
    """The intents of the served model, each with a description and examples."""
    return get_service().labels()


router.include_router(health_router(SERVICE, get_service))


def make_app() -> FastAPI:
    """The application of all of them."""
    routers = [router, models_router(SERVICE)]
    return create_app("Retail intent", DESCRIPTION, routers, {SERVICE: OPERATIONS})
