"""The recommendation API's responses, and how what was ranked becomes one."""

from pydantic import BaseModel, Field

from shared.texts import is_none


def is_empty(value: object) -> bool:
    """Whether a field that a request did not ask for is left out of the answer."""
    return not value


class Because(BaseModel, defer_build=True):
    """An event of the history, and how much the item's score falls without it."""

    item_id: str
    weight: float


class RecommendedItem(BaseModel):
    """An item of the catalogue."""

    item_id: str
    title: str
    score: float = Field(description="The higher, the likelier; comparable within one answer.")
    pinned: bool | None = Field(None, exclude_if=is_none, description="True where it is.")
    promotion: str | None = Field(
        None, exclude_if=is_none, description="The one without which it would not be shown."
    )
    boost: float | None = Field(
        None, exclude_if=is_none, description="Factor by which the request made it likelier."
    )
    because: list[Because] | None = Field(
        None, exclude_if=is_none, description="With `explain`: most important first."
    )


class PromotionEffect(BaseModel, frozen=True, defer_build=True):
    """What a promotion did."""

    name: str
    items: int = Field(description="Of the catalogue that it is for.")
    places: int = Field(description="That it was to have.")
    already: int = Field(description="Of its items that were among the best anyway, or pinned.")
    added: int = Field(description="Of its items that are shown for it.")


class BoostEffect(BaseModel, frozen=True, defer_build=True):
    """What a boost did."""

    factor: float
    items: int = Field(description="Of the catalogue that it is for.")
    shown: int = Field(description="Of these.")


class GroupEffect(BaseModel, frozen=True, defer_build=True):
    """What showing one item of each group did."""

    field: str
    left_out: int = Field(description="Items that were good enough, but for another of theirs.")


class ControlsEffect(BaseModel, defer_build=True):
    """What the request's controls did."""

    promotions: list[PromotionEffect] = Field([], exclude_if=is_empty)
    boosts: list[BoostEffect] = Field([], exclude_if=is_empty)
    pinned: int = Field(0, exclude_if=is_empty, description="Items at places of their own.")
    excluded: int = Field(0, exclude_if=is_empty, description="Items that the catalogue has.")
    one_per: GroupEffect | None = Field(None, exclude_if=is_none)


class ItemsResponse(BaseModel):
    """Items, best first."""

    model: str = Field(description="Name and version of the model that answered.")
    recommendation_id: str = Field(
        description="Of this answer: send it back with the events of its items."
    )
    items: list[RecommendedItem]
    controls: ControlsEffect | None = Field(
        None, exclude_if=is_none, description="What those of the request did."
    )
    warnings: list[str] = []


class ItemsOfValue(BaseModel, defer_build=True):
    """Items that have one value of a field, best first."""

    value: str
    items: list[RecommendedItem]


class TrendingResponse(ItemsResponse, defer_build=True):
    """Items on the rise, best first."""

    per: list[ItemsOfValue] | None = Field(
        None, exclude_if=is_none, description="Of each value, the one with most events first."
    )


class ItemResponse(BaseModel, defer_build=True):
    """What is known of an item."""

    item_id: str
    title: str | None = Field(description="Null where the model does not know the item.")
    fields: dict[str, str | float | None] = Field(description="As filters see them.")
    written: dict[str, str | bool | float | None] = Field(
        description="Those that came since the training, by `PUT /v1/items/{item_id}`."
    )


class WrittenResponse(BaseModel, defer_build=True):
    """What became of items' fields."""

    written: int = Field(description="Items whose fields are kept.")
    warnings: list[str] = []


class EventsResponse(BaseModel, defer_build=True):
    """What became of the events."""

    recorded: int = Field(description="Events that were new.")
    duplicates: int = Field(description="Events that were known already, and count once.")
    joined: int | None = Field(
        None,
        exclude_if=is_none,
        description="Events of sessions that are now those of the users they came with.",
    )
    warnings: list[str] = []


class KeptEvent(BaseModel, defer_build=True):
    """An event as it is kept."""

    item_id: str
    event: str
    timestamp: float = Field(description="Seconds since 1970-01-01 UTC.")


class ShopperResponse(BaseModel, defer_build=True):
    """What is kept of a shopper, newest first."""

    user_id: str
    events: list[KeptEvent]
    next: str | None = Field(description="For `before`, where there may be more; else null.")


class ErasureResponse(BaseModel, defer_build=True):
    """What was deleted of a shopper."""

    erased: int = Field(description="Events that were kept.")
