"""The recommendation API's requests: the OpenAPI schema and the queue message."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, PlainValidator, RootModel, model_validator

from functions.recommendation.conditions import Condition
from functions.recommendation.controls import Controlled
from functions.recommendation.event_requests import EventsRequest, HistoryEvent
from functions.recommendation.identifiers import Identifier, StrictRequest
from functions.recommendation.item_requests import BasketRequest, ItemsRequest
from shared.texts import choices

MAX_HISTORY = 1_000
MAX_RERANKED = 1_000
MAX_PAGE = 1_000  # events of one answer


class _Personal(StrictRequest):
    """Who a request is for."""

    user_id: Identifier | None = Field(
        None, description="Whose stored history is used, after `POST /v1/events`."
    )
    session_id: Identifier | None = Field(
        None, description="The same of a visitor without a `user_id`; with both, both are used."
    )
    history: list[HistoryEvent] = Field(
        [],
        description="Events, oldest first. With `user_id` they come on top of the stored ones.",
        json_schema_extra={"maxItems": MAX_HISTORY},
    )


class RecommendationRequest(Controlled, _Personal, defer_build=False):
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


Request = EventsRequest | ItemsRequest | BasketRequest | RerankRequest | RecommendationRequest
# By a field that requests of one kind alone have.
_KINDS: dict[str, type[Request]] = {
    "event": EventsRequest,
    "events": EventsRequest,
    "items": ItemsRequest,
    "basket": BasketRequest,
    "item_ids": RerankRequest,
}


def _request(value: Any) -> Request:
    """The request that a message is, whose errors point into the message itself."""
    if isinstance(value, Request):
        return value
    fields = value if isinstance(value, dict) else {}
    kind = next((kind for name, kind in _KINDS.items() if name in fields), RecommendationRequest)
    return kind.model_validate(value)


def users_of(request: Any) -> set[str]:
    """Ids of the shoppers whom a request names, those of visitors' sessions among them."""
    named: list[Any] = request.all_events if isinstance(request, EventsRequest) else [request]
    ids = [id_ for one in named for id_ in (one.user_id, one.session_id)]
    return {id_ for id_ in ids if id_ is not None}


class QueueMessage(RootModel[Any], defer_build=True):
    """What the worker takes: something to be remembered, or a request to be answered."""

    root: Annotated[Request, PlainValidator(_request, json_schema_input_type=Request)]

    def was_sent(self, at_s: float) -> None:
        """Take the time of the message; see `EventsRequest.was_sent`."""
        if isinstance(self.root, EventsRequest):
            self.root.was_sent(at_s)


class ErasureRequest(StrictRequest):
    """A shopper, or a visitor's session, of which nothing is to be kept."""

    user_id: Identifier | None = Field(None, description="Give this or `session_id`.")
    session_id: Identifier | None = Field(None, description="Of a visitor without a `user_id`.")

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema: dict[str, Any] = handler.resolve_ref_schema(handler(core_schema))
        names = ("user_id", "session_id")
        return schema | {"oneOf": choices(names, *([name] for name in names))}

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.user_id is None) == (self.session_id is None):
            raise ValueError("give either 'user_id' or 'session_id'")
        return self


class ShopperErasure(StrictRequest):
    """The same by a path."""

    user_id: Identifier
    session: bool = Field(False, description="The id is that of a visitor's session.")

    @property
    def session_id(self) -> str | None:
        """The id where it is a session's; one id of a path names no two shoppers."""
        return self.user_id if self.session else None


class ShopperRequest(ShopperErasure):
    """A shopper of whom all that is kept is asked for."""

    limit: int = Field(MAX_PAGE, ge=1, le=MAX_PAGE, description="How many events.")
    before: str | None = Field(
        None,
        pattern=r"^[0-9]{20}#[0-9a-f]{24}$",
        description="The `next` of the page before, for the page after it.",
    )
