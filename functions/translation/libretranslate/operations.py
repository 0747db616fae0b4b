"""LibreTranslate's routes as operations of the translation service."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from functions.translation.libretranslate.shapes import (
    LibreDetections,
    LibreDetectRequest,
    LibreError,
    LibreLanguage,
    LibreTranslateRequest,
    LibreTranslations,
)
from functions.translation.schemas import AUTO, DetectRequest, TranslateRequest, Translation
from functions.translation.service import TranslationService
from shared.errors import ServiceError
from shared.operations import Dialect, NoFields, Operation, each
from shared.problems import parse


def _error(error: ServiceError) -> tuple[int, dict[str, Any]]:
    invalid = error.status == HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.BAD_REQUEST if invalid else error.status, {"error": error.detail}


LIBRETRANSLATE = Dialect("libretranslate", reads_forms=True, error=_error, error_model=LibreError)


def _texts(q: str | list[str]) -> dict[str, Any]:
    return {"text": q} if isinstance(q, str) else {"texts": q}


def _percent(confidence: float) -> float:
    return round(confidence * 100, 1)


def _translate(service: TranslationService, query: LibreTranslateRequest) -> LibreTranslations:
    """Translate, and answer with strings for a string, with lists for a list.

    Raises:
        ServiceError: the request does not fit, passes a limit or cannot be served.
    """
    fields = query.model_dump(include={"source", "target", "format", "alternatives"})
    (response,) = service.translate([parse(TranslateRequest, {**_texts(query.q), **fields})])
    if isinstance(response, ServiceError):
        raise response
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


def _detect(service: TranslationService, query: LibreDetectRequest) -> LibreDetections:
    """Detect languages, and answer with a list for a string, with a list of them for a list.

    Raises:
        LimitExceeded: the request passes a limit.
    """
    response = service.detect(parse(DetectRequest, _texts(query.q)))
    lists = [
        [
            {"confidence": _percent(found.confidence), "language": found.language}
            for found in detection.languages
        ]
        for detection in response.detections
    ]
    return LibreDetections(lists[0] if isinstance(query.q, str) else lists)


def _languages(service: TranslationService, _: NoFields) -> list[LibreLanguage]:
    return [
        LibreLanguage(code=language.code, name=language.name, targets=language.targets)
        for language in service.languages(NoFields()).languages
    ]


LIBRETRANSLATE_OPERATIONS = (
    Operation(
        "libretranslate_translate",
        "/translate",
        LibreTranslateRequest,
        LibreTranslations,
        each(_translate),
        "Translate, in LibreTranslate's shape.",
        dialect=LIBRETRANSLATE,
    ),
    Operation(
        "libretranslate_detect",
        "/detect",
        LibreDetectRequest,
        LibreDetections,
        each(_detect),
        "Detect the language, in LibreTranslate's shape.",
        dialect=LIBRETRANSLATE,
    ),
    Operation(
        "libretranslate_languages",
        "/languages",
        NoFields,
        list[LibreLanguage],
        each(_languages),
        "What can be translated into what, in LibreTranslate's shape.",
        method="GET",
        dialect=LIBRETRANSLATE,
    ),
)
