"""Amazon Personalize's requests, after its service models of 2018-05-22 and 2018-03-22."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from functions.recommendation.event_requests import MAX_TOKEN_CHARACTERS
from shared.texts import UnicodeText

MAX_RESULTS = 500
MAX_WITH_METADATA = 50
MAX_COLUMNS = 10
DEFAULT_RESULTS = 25

Arn = Annotated[str, Field(max_length=256, pattern=r"^arn:([a-z\d-]+):personalize:.*:.*:.+")]
Identifier = Annotated[UnicodeText, Field(min_length=1, max_length=256)]
Columns = Annotated[list[str], Field(max_length=MAX_COLUMNS)]


class _Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class Filtered(_Shape):
    """What may be shown, and what is told of it.

    Attributes:
        context: taken, and not used: no model here reads it.
    """

    filter_arn: Arn | None = None
    filter_values: dict[str, str] = Field({}, max_length=25)
    metadata_columns: dict[Literal["ITEMS"], Columns] = {}
    context: dict[str, str] = Field({}, max_length=150)

    @property
    def columns(self) -> list[str]:
        """Columns of the items that are asked for."""
        return self.metadata_columns.get("ITEMS", [])


class Promotion(_Shape):
    """Items that are to have a share of the places."""

    name: Annotated[str, Field(max_length=63, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9\-_]*$")]
    filter_arn: Arn | None = None
    filter_values: dict[str, str] = Field({}, max_length=25)
    percent_promoted_items: int = Field(ge=1, le=100)


class GetRecommendationsRequest(Filtered):
    """Items for a user, or like an item."""

    campaign_arn: Arn | None = None
    recommender_arn: Arn | None = None
    user_id: Identifier | None = None
    item_id: Identifier | None = None
    num_results: int = Field(DEFAULT_RESULTS, ge=0, le=MAX_RESULTS)
    promotions: list[Promotion] = Field([], max_length=1)


class GetPersonalizedRankingRequest(Filtered):
    """Items to be put in order for a user."""

    campaign_arn: Arn
    user_id: Identifier
    input_list: list[Identifier] = Field(min_length=1, max_length=MAX_RESULTS)


class Event(_Shape):
    """What a user did."""

    event_type: Identifier
    sent_at: float
    item_id: Identifier | None = None
    event_id: Identifier | None = None
    recommendation_id: str | None = Field(None, max_length=MAX_TOKEN_CHARACTERS)
    properties: str | None = Field(None, min_length=1, max_length=1024)


class PutEventsRequest(_Shape):
    """What a user did in a session."""

    tracking_id: Identifier
    session_id: Identifier
    user_id: Identifier | None = None
    event_list: list[Event] = Field(min_length=1, max_length=10)


def users_of(request: Any) -> set[str]:
    """Ids of the shoppers whom a request names; a session without one stands for its own."""
    if isinstance(request, PutEventsRequest):
        return {request.user_id or request.session_id}
    return {request.user_id} if request.user_id is not None else set()
