"""LibreTranslate's own routes and shapes, for the clients that speak them.

After https://docs.libretranslate.com/guides/api_usage: JSON or form bodies, ``q`` a string or a
list, confidences in percent, errors as ``{"error": "..."}``. ``api_key`` is accepted and ignored:
API Gateway decides who may call.
"""

from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from functions.translation.schemas import (
    AUTO,
    MAX_ALTERNATIVES,
    DetectRequest,
    DetectResponse,
    TranslateRequest,
    Translation,
)
from functions.translation.service import detect_languages, get_service, translate
from shared.errors import ServiceError
from shared.problems import parse
from shared.web import FORM_MEDIA_TYPE, PROBLEM_RESPONSES

FORM_PATHS = frozenset(("/translate", "/detect"))  # that take forms
router = APIRouter(tags=["libretranslate"])


class _Query(BaseModel):
    q: str | list[str] = Field(description="One text or several.")
    api_key: str | None = Field(None, description="Ignored.")


class LibreTranslateRequest(_Query):
    """The body of ``POST /translate``."""

    source: str = AUTO
    target: str
    format: Literal["text", "html"] = "text"
    alternatives: int = Field(0, ge=0, le=MAX_ALTERNATIVES)


class LibreDetectRequest(_Query):
    """The body of ``POST /detect``."""


class LibreLanguage(BaseModel):
    """A language of ``GET /languages``."""

    code: str
    name: str
    targets: list[str]


class LibreDetection(BaseModel):
    """A language of ``POST /detect``, with its probability in percent."""

    confidence: float
    language: str


class LibreError(BaseModel):
    """What LibreTranslate answers to a request that it cannot serve."""

    error: str


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
    request: Request, model: type[BaseModel], answer: Callable[[Any], object]
) -> JSONResponse:
    """The answer to a body, or the error in LibreTranslate's shape."""
    try:
        return JSONResponse(answer(await _read(request, model)))
    except ServiceError as error:
        status = 400 if error.status == 422 else error.status
        return JSONResponse({"error": error.detail}, status_code=status)


def _texts(q: str | list[str]) -> dict[str, Any]:
    return {"text": q} if isinstance(q, str) else {"texts": q}


def _percent(confidence: float) -> float:
    return round(confidence * 100, 1)


def _shape(query: LibreTranslateRequest) -> dict[str, Any]:
    """Translate, and answer with strings for a string, with lists for a list."""
    fields = query.model_dump(include={"source", "target", "format", "alternatives"})
    response = translate(parse(TranslateRequest, {**_texts(query.q), **fields}))
    parts: list[tuple[str, Callable[[Translation], object]]] = [
        ("translatedText", lambda item: item.text)
    ]
    if query.source.strip().lower() == AUTO:
        parts.append(
            (
                "detectedLanguage",
                lambda item: {
                    "confidence": _percent(item.source.confidence),
                    "language": item.source.language,
                },
            )
        )
    if query.alternatives:
        parts.append(("alternatives", lambda item: item.alternatives))
    found = response.translations
    if isinstance(query.q, str):
        return {name: value(found[0]) for name, value in parts}
    return {name: [value(item) for item in found] for name, value in parts}


def _detect(query: LibreDetectRequest) -> list[Any]:
    response: DetectResponse = detect_languages(parse(DetectRequest, _texts(query.q)))
    lists = [
        [
            {"confidence": _percent(found.confidence), "language": found.language}
            for found in detection.languages
        ]
        for detection in response.detections
    ]
    return lists[0] if isinstance(query.q, str) else lists


@router.post(
    "/translate",
    openapi_extra=_body(LibreTranslateRequest),
    responses=RESPONSES,
    operation_id="libretranslate_translate",
)
async def post_translate(request: Request) -> JSONResponse:
    """Translate, in LibreTranslate's shape."""
    return await _answer(request, LibreTranslateRequest, _shape)


@router.post(
    "/detect",
    openapi_extra=_body(LibreDetectRequest),
    responses=RESPONSES,
    operation_id="libretranslate_detect",
)
async def post_detect(request: Request) -> JSONResponse:
    """Detect the language, in LibreTranslate's shape."""
    return await _answer(request, LibreDetectRequest, _detect)


@router.get("/languages", operation_id="libretranslate_languages")
async def get_languages() -> list[LibreLanguage]:
    """What can be translated into what, in LibreTranslate's shape."""
    return [
        LibreLanguage(code=language.code, name=language.name, targets=language.targets)
        for language in get_service().languages().languages
    ]
