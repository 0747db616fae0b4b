"""LibreTranslate's own shapes, for the clients that speak them.

After https://docs.libretranslate.com/guides/api_usage: ``q`` a string or a list, confidences in
percent, errors as ``{"error": "..."}``. ``api_key`` is accepted and ignored: API Gateway decides
who may call.
"""

from typing import Any, Literal

from pydantic import BaseModel, Field, RootModel, field_validator

from functions.translation.schemas import AUTO, MAX_ALTERNATIVES, MAX_CHARACTERS, MAX_TEXTS
from shared.texts import WholeNumber


def _document_limits(schema: dict[str, Any]) -> None:
    text, texts = schema["anyOf"]
    text["maxLength"] = texts["items"]["maxLength"] = MAX_CHARACTERS
    texts |= {"minItems": 1, "maxItems": MAX_TEXTS}


class _Query(BaseModel, defer_build=True):
    q: str | list[str] = Field(
        description="One text or several.", json_schema_extra=_document_limits
    )
    api_key: str | None = Field(None, description="Ignored.")

    @field_validator("q")
    @classmethod
    def _some(cls, value: str | list[str]) -> str | list[str]:
        if value == []:
            raise ValueError("give at least one text")
        return value


class LibreTranslateRequest(_Query):
    """The body of ``POST /translate``."""

    source: str = AUTO
    target: str
    format: Literal["text", "html"] = "text"
    alternatives: WholeNumber = Field(0, ge=0, le=MAX_ALTERNATIVES)


class LibreDetectRequest(_Query):
    """The body of ``POST /detect``."""


class LibreLanguage(BaseModel, defer_build=True):
    """A language of ``GET /languages``."""

    code: str
    name: str
    targets: list[str]


class LibreDetection(BaseModel, defer_build=True):
    """A language of ``POST /detect``, with its probability in percent."""

    confidence: float
    language: str


class LibreError(BaseModel, defer_build=True):
    """What LibreTranslate answers to a request that it cannot serve."""

    error: str


class LibreTranslations(RootModel[dict[str, Any]], defer_build=True):
    """The answer of ``POST /translate``."""


class LibreDetections(RootModel[list[Any]], defer_build=True):
    """The answer of ``POST /detect``."""
