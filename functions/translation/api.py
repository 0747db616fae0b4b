"""HTTP entry of the translation service: routes and the Lambda handler, wiring only."""

from functions.translation.loading import LOADING

# isort: split
from functions.translation.libretranslate_routes import FORM_PATHS
from functions.translation.libretranslate_routes import router as libretranslate_router
from functions.translation.operations import OPERATIONS, SAMPLE
from functions.translation.schemas import (
    DetectRequest,
    DetectResponse,
    LanguagesResponse,
    TranslateRequest,
    TranslateResponse,
)
from functions.translation.service import SERVICE, detect_languages, get_service, translate
from shared.framework import APIRouter
from shared.json_route import JsonRoute
from shared.lambda_http import lambda_handler
from shared.problem_responses import PROBLEM_RESPONSES
from shared.routes import health_router, models_router
from shared.web import create_app

router = APIRouter(tags=[SERVICE], route_class=JsonRoute)


@router.post("/v1/translate", responses=PROBLEM_RESPONSES)
async def post_translate(request: TranslateRequest) -> TranslateResponse:
    """Translate one text or several, plain or HTML, with a glossary and alternatives."""
    return translate(request)


@router.post("/v1/detect", responses=PROBLEM_RESPONSES)
async def post_detect(request: DetectRequest) -> DetectResponse:
    """The languages that each text may be in, of 176, most probable first."""
    return detect_languages(request)


@router.get("/v1/languages", responses=PROBLEM_RESPONSES)
async def get_languages() -> LanguagesResponse:
    """What can be translated into what."""
    return get_service().languages()


router.include_router(health_router(SERVICE, lambda: get_service().ready()))
router.include_router(libretranslate_router)
app = create_app(
    "Retail translation",
    __doc__,
    [router, models_router(SERVICE)],
    {SERVICE: OPERATIONS},
    FORM_PATHS,
)
handler = lambda_handler(app, TranslateRequest, translate, preload=LOADING.result, sample=SAMPLE)
