"""The translation service's requests that are one JSON document, by path."""

from functions.translation.schemas import (
    DetectRequest,
    DetectResponse,
    TranslateRequest,
    TranslateResponse,
)
from functions.translation.service import detect_languages, translate
from shared.http.fast_posts import Posts


async def post_translate(request: TranslateRequest) -> TranslateResponse:
    """Translate one text or several, plain or HTML, with a glossary and alternatives."""
    return translate(request)


async def post_detect(request: DetectRequest) -> DetectResponse:
    """The languages that each text may be in, of 176, most probable first."""
    return detect_languages(request)


POSTS: Posts = {"/v1/translate": post_translate, "/v1/detect": post_detect}
