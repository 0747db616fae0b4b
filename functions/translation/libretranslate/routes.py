"""LibreTranslate's own routes, for the clients that speak them: JSON or form bodies."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from pydantic import BaseModel

from functions.translation.libretranslate.shapes import (
    LibreDetectRequest,
    LibreError,
    LibreLanguage,
    LibreTranslateRequest,
    detect_as_libretranslate,
    translate_as_libretranslate,
)
from functions.translation.service import get_service
from shared.errors import ServiceError
from shared.http.context import FORM_MEDIA_TYPE
from shared.http.deferred_fastapi import APIRouter, JSONResponse, Request
from shared.http.problem_responses import PROBLEM_RESPONSES
from shared.problems import parse

router = APIRouter(tags=["libretranslate"])

RESPONSES: dict[int | str, dict[str, Any]] = {
    **PROBLEM_RESPONSES,
    400: {"model": LibreError},
}
del RESPONSES[422]  # told as 400, as LibreTranslate does


def _body(model: type[BaseModel]) -> dict[str, Any]:
    """OpenAPI of a body that may be JSON or a form."""
    schema = {"schema": model.model_json_schema()}
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": schema, FORM_MEDIA_TYPE: schema},
        }
    }


async def _read(request: Request, model: type[BaseModel]) -> Any:
    body = await request.body()
    if request.headers.get("content-type", "").lower().startswith(FORM_MEDIA_TYPE):
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        return parse(model, {name: values[0] for name, values in fields.items()})
    return parse(model, body)


async def _answer(
    request: Request, model: type[BaseModel], answer: Callable[[Any], BaseModel]
) -> JSONResponse:
    """The answer to a body, or the error in LibreTranslate's shape."""
    try:
        return JSONResponse(answer(await _read(request, model)).model_dump(mode="json"))
    except ServiceError as error:
        status = 400 if error.status == 422 else error.status
        return JSONResponse({"error": error.detail}, status_code=status)


@router.post(
    "/translate",
    openapi_extra=_body(LibreTranslateRequest),
    responses=RESPONSES,
    operation_id="libretranslate_translate",
)
async def post_translate(request: Request) -> JSONResponse:
    """Translate, in LibreTranslate's shape."""
    return await _answer(request, LibreTranslateRequest, translate_as_libretranslate)


@router.post(
    "/detect",
    openapi_extra=_body(LibreDetectRequest),
    responses=RESPONSES,
    operation_id="libretranslate_detect",
)
async def post_detect(request: Request) -> JSONResponse:
    """Detect the language, in LibreTranslate's shape."""
    return await _answer(request, LibreDetectRequest, detect_as_libretranslate)


@router.get("/languages", operation_id="libretranslate_languages")
async def get_languages() -> list[LibreLanguage]:
    """What can be translated into what, in LibreTranslate's shape."""
    return [
        LibreLanguage(code=language.code, name=language.name, targets=language.targets)
        for language in get_service().languages().languages
    ]
