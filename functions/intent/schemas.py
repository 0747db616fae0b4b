"""The intent API's requests and responses: the OpenAPI schema and the queue message."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.texts import TextsRequest, UnicodeText, WholeNumber, is_none

MAX_TEXTS = 64
MAX_CHARACTERS = 8_000
MAX_CONTEXT_SLOTS = 32
MAX_EXPLAINED_WORDS = 256
MAX_TOP_K = 20

Confidence = Annotated[float, Field(ge=0, le=1, description="Calibrated probability.")]
AbstentionReason = Literal["out_of_scope", "ambiguous", "denied", "empty", "wrong_language"]
# Lengths are checked by the service, which names the limit; here they only document it.
Text = Annotated[UnicodeText, Field(json_schema_extra={"maxLength": MAX_CHARACTERS})]
Texts = Annotated[list[Text], Field(min_length=1, json_schema_extra={"maxItems": MAX_TEXTS})]


ShortName = Annotated[UnicodeText, Field(min_length=1, max_length=100)]


def _stated(value: object) -> object:
    if isinstance(value, bool | int | float):
        raise ValueError(  # noqa: TRY004 - which pydantic would not catch
            "must be a date and time as text, such as 2026-11-24T10:00:00Z"
        )
    return value


class Context(BaseModel, defer_build=True):
    """What the turn before was about; the service keeps nothing of it."""

    model_config = ConfigDict(extra="forbid")

    intent: ShortName = Field(description="The intent that the conversation is about.")
    slots: dict[ShortName, UnicodeText] = Field(
        default_factory=dict,
        max_length=MAX_CONTEXT_SLOTS,
        description="Slots that are known already, with their values.",
    )
    asked_slot: ShortName | None = Field(
        None, description="The slot that the customer was asked for, if any."
    )


class IntentRequest(TextsRequest, defer_build=False):
    """One text or several; the answer holds one result for each, in order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "where is my package?"},
                {"texts": ["I want my money back", "hi there"], "top_k": 2, "explain": True},
                {
                    "text": "48213",
                    "context": {"intent": "cancel_order", "asked_slot": "order_number"},
                },
            ]
        },
    )

    MAX_TEXTS = MAX_TEXTS
    MAX_CHARACTERS = MAX_CHARACTERS
    SHORTEN = "Send the part of the message that holds the question."

    text: Text | None = Field(None, description="One customer message. Give this or `texts`.")
    texts: Texts | None = Field(None, description="Several messages. Give this or `text`.")
    top_k: WholeNumber = Field(3, ge=0, le=MAX_TOP_K, description="How many alternatives to list.")
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
    context: Context | None = Field(
        None, description="The turn before, which short answers are read by."
    )
    now: Annotated[datetime | None, BeforeValidator(_stated)] = Field(
        None,
        description='When the customer wrote, from which dates such as "tomorrow" count; the time '
        "of the request where absent.",
    )
    country: str | None = Field(
        None,
        pattern="^[A-Z]{2}$",
        description="The customer's country (ISO 3166-1 alpha-2), for telephone numbers and for "
        "the order of day and month.",
    )

    def was_sent(self, at_s: float) -> None:
        """Count dates from when the request was sent, the same for every delivery of it."""
        self.now = self.now or datetime.fromtimestamp(at_s, UTC)


class Scored(BaseModel):
    """A class and its calibrated probability."""

    name: str
    confidence: Confidence


class Span(BaseModel, defer_build=True):
    """A part of the text, in characters (Unicode code points) of the text as sent."""

    start: int
    end: int


class Competing(Scored, defer_build=True):
    """One of two intents that fit."""

    span: Span | None = Field(
        None, exclude_if=is_none, description="The part of the text that asks for it."
    )


class Slot(BaseModel, defer_build=True):
    """Something named in the text that an intent may need."""

    name: str
    text: str = Field(description="Its words, as sent.")
    start: int = Field(description="First character in the text as sent.")
    end: int = Field(description="Character behind its last.")
    value: str | None = Field(
        None,
        description="Its plain form where it has one: an ISO date, HH:MM, an amount with its "
        "currency, a whole number, an E.164 telephone number.",
    )
    confidence: Confidence


class Abstention(BaseModel):
    """Why no intent is given."""

    reason: AbstentionReason
    detail: str
    competing: list[Competing] | None = Field(
        None, exclude_if=is_none, description="For `ambiguous`: the intents."
    )
    denied: Scored | None = Field(
        None,
        exclude_if=is_none,
        description="For `denied`: the intent that the text says is not wanted.",
    )
    language: str | None = Field(
        None, exclude_if=is_none, description="For `wrong_language`: the one found."
    )
    confidence: Confidence | None = Field(
        None,
        exclude_if=is_none,
        description="Of the language, or of the text being none of the ranked intents.",
    )


class WordWeight(BaseModel, defer_build=True):
    """How much the best class's probability falls when the word is left out."""

    token: str
    weight: float


class IntentResult(BaseModel):
    """The answer for one text: an intent, or an abstention with its reason."""

    intent: Scored | None
    alternatives: list[Scored]
    abstained: Abstention | None
    about: str | None = Field(
        None,
        exclude_if=is_none,
        description="With `context`: its intent, where the text answers the turn before.",
    )
    slots: list[Slot] | None = Field(
        None,
        exclude_if=is_none,
        description="What the text names, in its order; of a model that marks slots, or with "
        "`context`.",
    )
    missing_slots: list[str] | None = Field(
        None,
        exclude_if=is_none,
        description="Slots that the intent asks for, which neither text nor context has.",
    )
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


class IntentLabel(BaseModel, defer_build=True):
    """An intent the model knows."""

    name: str
    description: str
    examples: list[str]
    slots: list[str] | None = Field(
        None, exclude_if=is_none, description="What has to be known to act on it."
    )


class LabelsResponse(BaseModel, defer_build=True):
    """All intents of the served model; out of scope is not one of them."""

    model: str
    labels: list[IntentLabel]
    slots: list[str] | None = Field(
        None, exclude_if=is_none, description="All slots that the model marks in texts."
    )
