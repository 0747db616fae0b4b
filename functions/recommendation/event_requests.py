"""What shoppers did: in a request's history, and to be remembered."""

from typing import Annotated, Any, Self

from pydantic import (
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from functions.recommendation.identifiers import EventType, Identifier, StrictRequest, Timestamp
from shared.texts import choices, given

MAX_EVENTS = 500
MAX_TOKEN_CHARACTERS = 512


class HistoryEvent(StrictRequest):
    """One thing that a shopper did."""

    item_id: Identifier
    event: EventType = "view"
    timestamp: Timestamp | None = Field(
        None, description="Where absent, the event is as old as the one after it, or new."
    )


class Event(HistoryEvent):
    """Something that a user did, to be remembered.

    The same event sent twice (user, item, kind and time, or user and ``event_id`` and time) counts
    once; without a timestamp it is taken to be new each time.
    """

    session_id: Identifier | None = Field(
        None,
        description="Of a visitor without a `user_id`. With both, what the session did becomes "
        "the user's.",
    )
    user_id: Identifier | None = Field(
        None, description="Give this, or `session_id`, or both.", validate_default=True
    )
    event_id: Identifier | None = Field(None, description="The sender's own id of the event.")
    recommendation_id: str | None = Field(
        None,
        max_length=MAX_TOKEN_CHARACTERS,
        description="Of the answer that recommended the item, where one did.",
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema: dict[str, Any] = handler.resolve_ref_schema(handler(core_schema))
        return schema | {"anyOf": [given([name]) for name in ("user_id", "session_id")]}

    @field_validator("user_id")
    @classmethod
    def _of_someone(cls, user_id: str | None, info: ValidationInfo) -> str | None:
        if user_id is None and info.data.get("session_id") is None:
            message = "Field required: 'user_id', or 'session_id' for a visitor without one"
            raise PydanticCustomError("missing", message)
        return user_id


class EventsRequest(StrictRequest):
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

    def pointer(self, place: int) -> str:
        """JSON pointer of an event."""
        return "/event" if self.event else f"/events/{place}"
