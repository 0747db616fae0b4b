"""The translation service's routes, as FastAPI serves and documents them."""

from functions.translation.libretranslate.routes import router as libretranslate_router
from functions.translation.operations import OPERATIONS
from functions.translation.posts import post_detect, post_translate
from functions.translation.schemas import LanguagesResponse
from functions.translation.service import SERVICE, get_service
from shared.http.deferred_fastapi import APIRouter, FastAPI
from shared.http.openapi import create_app
from shared.http.problem_responses import PROBLEM_RESPONSES
from shared.http.routes import health_router, models_router

DESCRIPTION = "Texts and HTML between English and German, French and Spanish, with a glossary."
router = APIRouter(tags=[SERVICE])
router.post("/v1/translate", responses=PROBLEM_RESPONSES)(post_translate)
router.post("/v1/detect", responses=PROBLEM_RESPONSES)(post_detect)


@router.get("/v1/languages", responses=PROBLEM_RESPONSES)
async def get_languages() -> LanguagesResponse:
    """What can be translated into what."""
    return get_service().languages()


router.include_router(health_router(SERVICE, lambda: get_service().ready()))
router.include_router(libretranslate_router)


def make_app() -> FastAPI:
    """The application of all of them."""
    routers = [router, models_router(SERVICE)]
    return create_app("Retail translation", DESCRIPTION, routers, {SERVICE: OPERATIONS})
