"""LibreTranslate's own shapes, for the clients that speak them.

After https://docs.libretranslate.com/guides/api_usage: ``q`` a string or a list, confidences in
percent, errors as ``{"error": "..."}``. ``api_key`` is accepted and ignored: API Gateway decides
who may call.
"""

from typing import Any, Literal

from pydantic import BaseModel, Field, RootModel

from functions.translation.schemas import AUTO, MAX_ALTERNATIVES


class _Query(BaseModel, defer_build=True):
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
