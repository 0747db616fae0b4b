"""HTTP entry of the intent service: routes and the Lambda handler, wiring only."""

from functions.intent.loading import LOADING

# isort: split
from functions.intent.operations import OPERATIONS, SAMPLE
from functions.intent.schemas import IntentRequest, IntentResponse, LabelsResponse
from functions.intent.service import SERVICE, classify, get_service
from shared.framework import APIRouter
from shared.json_route import JsonRoute
from shared.lambda_http import lambda_handler
from shared.problem_responses import PROBLEM_RESPONSES
from shared.routes import health_router, models_router
from shared.web import create_app

router = APIRouter(tags=[SERVICE], route_class=JsonRoute)


@router.post("/v1/intent", responses=PROBLEM_RESPONSES)
async def post_intent(request: IntentRequest) -> IntentResponse:
    """Classify one text or several; each gets an intent, or an abstention with its reason."""
    return classify(request)


@router.get("/v1/intent/labels")
async def get_labels() -> LabelsResponse:
    """The intents of the served model, each with a description and examples."""
    return get_service().labels()


router.include_router(health_router(SERVICE, get_service))
app = create_app("Retail intent", __doc__, [router, models_router(SERVICE)], {SERVICE: OPERATIONS})
handler = lambda_handler(app, IntentRequest, classify, preload=LOADING.result, sample=SAMPLE)
