"""The intent API's requests and responses: the OpenAPI schema and the queue message."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.texts import TextsRequest, UnicodeText, is_none

MAX_TEXTS = 64
MAX_CHARACTERS = 2_000
MAX_EXPLAINED_WORDS = 256
MAX_TOP_K = 20

Confidence = Annotated[float, Field(ge=0, le=1, description="Calibrated probability.")]
AbstentionReason = Literal["out_of_scope", "ambiguous", "empty", "wrong_language"]
# Lengths are checked by the service, which names the limit; here they only document it.
Text = Annotated[UnicodeText, Field(json_schema_extra={"maxLength": MAX_CHARACTERS})]
Texts = Annotated[list[Text], Field(min_length=1, json_schema_extra={"maxItems": MAX_TEXTS})]


class IntentRequest(TextsRequest):
    """One text or several; the answer holds one result for each, in order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "where is my package?"},
                {"texts": ["I want my money back", "hi there"], "top_k": 2, "explain": True},
            ]
        },
    )

    MAX_TEXTS = MAX_TEXTS
    MAX_CHARACTERS = MAX_CHARACTERS
    SHORTEN = "Send the part of the message that holds the question."

    text: Text | None = Field(None, description="One customer message. Give this or `texts`.")
    texts: Texts | None = Field(None, description="Several messages. Give this or `text`.")
    top_k: int = Field(
        3, strict=True, ge=0, le=MAX_TOP_K, description="How many alternatives to list."
    )
    threshold: float | None = Field(
        None,
        strict=True,
        ge=0,
        le=1,
        description="Least confidence to answer with an intent; the model's own where absent.",
    )
    explain: bool = Field(
        False, strict=True, description="Add the weight of each word for the best class."
    )


class Scored(BaseModel):
    """A class and its calibrated probability."""

    name: str
    confidence: Confidence


class Abstention(BaseModel):
    """Why no intent is given."""

    reason: AbstentionReason
    detail: str
    competing: list[Scored] | None = Field(
        None, exclude_if=is_none, description="For `ambiguous`: the intents."
    )
    language: str | None = Field(
        None, exclude_if=is_none, description="For `wrong_language`: the one found."
    )
    confidence: Confidence | None = Field(
        None,
        exclude_if=is_none,
        description="Of the language, or of the text being none of the ranked intents.",
    )


class WordWeight(BaseModel):
    """How much the best class's probability falls when the word is left out."""

    token: str
    weight: float


class IntentResult(BaseModel):
    """The answer for one text: an intent, or an abstention with its reason."""

    intent: Scored | None
    alternatives: list[Scored]
    abstained: Abstention | None
    explained: str | None = Field(
        None,
        exclude_if=is_none,
        description="With `explain`: the most probable class, which may be `out_of_scope`.",
    )
    explanation: list[WordWeight] | None = Field(
        None,
        exclude_if=is_none,
        description="With `explain`: the weight of each word for that class.",
    )


class IntentResponse(BaseModel):
    """One result for each text, in the request's order."""

    model: str = Field(description="Name and version of the model that answered.")
    results: list[IntentResult]
    warnings: list[str] = []


class IntentLabel(BaseModel):
    """An intent the model knows."""

    name: str
    description: str
    examples: list[str]


class LabelsResponse(BaseModel):
    """All intents of the served model; out of scope is not one of them."""

    model: str
    labels: list[IntentLabel]
