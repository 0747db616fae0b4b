"""LibreTranslate's own shapes, for the clients that speak them.

After https://docs.libretranslate.com/guides/api_usage: ``q`` a string or a list, confidences in
percent, errors as ``{"error": "..."}``. ``api_key`` is accepted and ignored: API Gateway decides
who may call.
"""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, Field, RootModel

from functions.translation.schemas import (
    AUTO,
    MAX_ALTERNATIVES,
    DetectRequest,
    DetectResponse,
    TranslateRequest,
    Translation,
)
from functions.translation.service import detect_languages, translate
from shared.problems import parse

FORM_PATHS = frozenset(("/translate", "/detect"))  # which take forms beside JSON


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


class LibreTranslations(RootModel[dict[str, Any]]):
    """The answer of ``POST /translate``."""


class LibreDetections(RootModel[list[Any]]):
    """The answer of ``POST /detect``."""


def _texts(q: str | list[str]) -> dict[str, Any]:
    return {"text": q} if isinstance(q, str) else {"texts": q}


def _percent(confidence: float) -> float:
    return round(confidence * 100, 1)


def translate_as_libretranslate(query: LibreTranslateRequest) -> LibreTranslations:
    """Translate, and answer with strings for a string, with lists for a list.

    Raises:
        ServiceError: as of `translate`.
    """
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
        return LibreTranslations({name: value(found[0]) for name, value in parts})
    return LibreTranslations({name: [value(item) for item in found] for name, value in parts})


def detect_as_libretranslate(query: LibreDetectRequest) -> LibreDetections:
    """Detect languages, and answer with a list for a string, with a list of them for a list.

    Raises:
        LimitExceeded: the request passes a limit.
    """
    response: DetectResponse = detect_languages(parse(DetectRequest, _texts(query.q)))
    lists = [
        [
            {"confidence": _percent(found.confidence), "language": found.language}
            for found in detection.languages
        ]
        for detection in response.detections
    ]
    return LibreDetections(lists[0] if isinstance(query.q, str) else lists)
