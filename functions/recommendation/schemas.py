"""The recommendation API's requests: the OpenAPI schema and the queue message."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainValidator,
    PrivateAttr,
    RootModel,
    model_validator,
)
from pydantic_core import core_schema

from functions.recommendation.conditions import Condition
from shared.texts import UnicodeText, WholeNumber, choices

MAX_K = 100
MAX_HISTORY = 1_000
MAX_RERANKED = 1_000
MAX_EVENTS = 500
MAX_ID_CHARACTERS = 256
MAX_PAGE = 1_000  # events of one answer
LATEST_TIMESTAMP = 4_102_444_800.0  # the year 2100: more is milliseconds

EventType = Literal["view", "cart", "purchase"]
Identifier = Annotated[UnicodeText, Field(min_length=1, max_length=MAX_ID_CHARACTERS)]


class _Seconds:
    """One clear error for all that is no timestamp, without a call for each that is one."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        message = (
            f"must be a number from 0 to {LATEST_TIMESTAMP:.0f}, the year 2100: seconds, not "
            "milliseconds, since 1970-01-01 UTC"
        )
        schema = handler(source)
        return core_schema.custom_error_schema(schema, "timestamp", custom_error_message=message)


Timestamp = Annotated[
    float,
    Field(
        ge=0,
        le=LATEST_TIMESTAMP,
        allow_inf_nan=False,
        strict=True,
        description="Seconds since 1970-01-01 UTC; may have a fraction.",
    ),
    _Seconds(),
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HistoryEvent(_Request):
    """One thing that a shopper did."""

    item_id: Identifier
    event: EventType = "view"
    timestamp: Timestamp | None = Field(
        None, description="Where absent, the event is as old as the one after it, or new."
    )


class _Personal(_Request):
    """Who a request is for."""

    user_id: Identifier | None = Field(
        None, description="Whose stored history is used, after `POST /v1/events`."
    )
    history: list[HistoryEvent] = Field(
        [],
        description="Events, oldest first. With `user_id` they come on top of the stored ones.",
        json_schema_extra={"maxItems": MAX_HISTORY},
    )


class RecommendationRequest(_Personal):
    """What the shopper is likely to want next."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "history": [
                        {"item_id": "85123A", "event": "purchase"},
                        {"item_id": "22423", "event": "view"},
                    ],
                    "k": 5,
                    "filter": {"field": "price", "lte": 10},
                },
                {"user_id": "17850", "k": 10, "explain": True},
            ]
        },
    )

    k: WholeNumber = Field(10, ge=1, le=MAX_K, description="How many items.")
    exclude_seen: bool = Field(True, strict=True, description="Leave out items of the history.")
    filter: Condition | None = Field(None, description="Which items of the catalogue may be shown.")
    diversity: float = Field(
        0,
        strict=True,
        ge=0,
        le=1,
        description="0 ranks by score alone; 1 weighs being unlike the others most.",
    )
    explain: bool = Field(
        False, strict=True, description="Add the events that moved each item's score most."
    )


class RerankRequest(_Personal):
    """A given list in the order in which the shopper is likely to want it."""

    item_ids: list[Identifier] = Field(min_length=1, json_schema_extra={"maxItems": MAX_RERANKED})
    explain: bool = Field(
        False, strict=True, description="Add the events that moved each item's score most."
    )


class Event(HistoryEvent):
    """Something that a user did, to be remembered.

    The same event sent twice (user, item, kind and time, or user and ``event_id`` and time) counts
    once; without a timestamp it is taken to be new each time.
    """

    user_id: Identifier
    event_id: Identifier | None = Field(None, description="The sender's own id of the event.")


class EventsRequest(_Request):
    """One event or several."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {
                            "user_id": "17850",
                            "item_id": "85123A",
                            "event": "purchase",
                            "timestamp": 1323450000,
                        }
                    ]
                }
            ]
        },
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema: dict[str, Any] = handler.resolve_ref_schema(handler(core_schema))
        return schema | {"oneOf": choices(("event", "events"), ["event"], ["events"])}

    event: Event | None = Field(None, description="One event. Give this or `events`.")
    events: Annotated[list[Event], Field(min_length=1)] | None = Field(
        None,
        description="Several events. Give this or `event`.",
        json_schema_extra={"maxItems": MAX_EVENTS},
    )

    @model_validator(mode="after")
    def _one_of_event_and_events(self) -> Self:
        if (self.event is None) == (self.events is None):
            raise ValueError("give either 'event' (an object) or 'events' (a list of objects)")
        return self

    _sent_at: float | None = PrivateAttr(None)

    def was_sent(self, at_s: float) -> None:
        """Take the time of the request's message: that of its events that state none."""
        self._sent_at = at_s

    @property
    def sent_at(self) -> float | None:
        """Seconds since 1970-01-01 UTC; None where the request came by no message."""
        return self._sent_at

    @property
    def all_events(self) -> list[Event]:
        return self.events if self.events is not None else [e for e in (self.event,) if e]


Request = EventsRequest | RerankRequest | RecommendationRequest


def _request(value: Any) -> Request:
    """The request that a message is, whose errors point into the message itself."""
    if isinstance(value, Request):
        return value
    fields = value if isinstance(value, dict) else {}
    if "event" in fields or "events" in fields:
        return EventsRequest.model_validate(value)
    if "item_ids" in fields:
        return RerankRequest.model_validate(value)
    return RecommendationRequest.model_validate(value)


def users_of(request: Any) -> set[str]:
    """Ids of the shoppers whom a request names."""
    if isinstance(request, EventsRequest):
        return {event.user_id for event in request.all_events}
    return {request.user_id} if request.user_id is not None else set()


class QueueMessage(
    RootModel[Annotated[Request, PlainValidator(_request, json_schema_input_type=Request)]]
):
    """What the worker takes: events to be remembered, or a request to be answered."""

    def was_sent(self, at_s: float) -> None:
        """Take the time of the message; see `EventsRequest.was_sent`."""
        if isinstance(self.root, EventsRequest):
            self.root.was_sent(at_s)


class ErasureRequest(_Request, defer_build=True):
    """A shopper of whom nothing is to be kept."""

    user_id: Identifier


class ShopperRequest(_Request, defer_build=True):
    """A shopper of whom all that is kept is asked for."""

    user_id: Identifier
    limit: int = Field(MAX_PAGE, ge=1, le=MAX_PAGE, description="How many events.")
    before: str | None = Field(
        None,
        pattern=r"^[0-9]{20}#[0-9a-f]{24}$",
        description="The `next` of the page before, for the page after it.",
    )


class PopularRequest(BaseModel, defer_build=True):
    """How many of the most popular items are wanted."""

    k: int = Field(10, ge=1, le=MAX_K, description="How many items.")


class SimilarRequest(PopularRequest):
    """An item of the catalogue, and how many like it are wanted."""

    item_id: str
