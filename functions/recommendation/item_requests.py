"""Requests about items: popular ones, those like another, on the rise, in stock."""

from math import isfinite
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from functions.recommendation.conditions import Condition
from functions.recommendation.controls import MAX_EXCLUDED, MAX_K
from functions.recommendation.identifiers import EventType, Identifier, StrictRequest
from shared.texts import WholeNumber, matching

MAX_ITEMS = 500  # of one write
MAX_FIELDS = 50  # of one item
MAX_FIELD_CHARACTERS = 256
MAX_BASKET = 200
MAX_HALF_LIFE_H = 48
ACTIVE = "active"


def _value(value: object) -> object:
    fits = isinstance(value, str | int | float | None)
    if not fits:
        raise ValueError("must be text, a number, true, false or null")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("must be a finite number")
    if isinstance(value, str) and len(value) > MAX_FIELD_CHARACTERS:
        raise ValueError(f"must have at most {MAX_FIELD_CHARACTERS} characters")
    return value


# Checked as a whole, so that an error points at the value and not at a member of the union.
FieldValue = Annotated[
    Annotated[str, Field(json_schema_extra={"maxLength": MAX_FIELD_CHARACTERS})]
    | bool
    | float
    | None,
    BeforeValidator(_value),
]
FieldName = Annotated[str, *matching(r"^[A-Za-z_][\w.-]{0,63}$")]
Fields = Annotated[
    dict[FieldName, FieldValue],
    Field(
        min_length=1,
        max_length=MAX_FIELDS,
        json_schema_extra={
            "properties": {ACTIVE: {"type": ["boolean", "null"]}},
            "additionalProperties": False,  # names that do not fit their pattern
        },
    ),
]


class PopularRequest(BaseModel, defer_build=True):
    """How many of the most popular items are wanted."""

    k: int = Field(10, ge=1, le=MAX_K, description="How many items.")


class SimilarRequest(PopularRequest):
    """An item of the catalogue, and how many like it are wanted."""

    item_id: str


class TrendingRequest(PopularRequest):
    """What has been viewed, put into carts and bought most of late."""

    half_life_h: float = Field(
        24.0,
        ge=1,
        le=MAX_HALF_LIFE_H,
        description="Hours after which an event counts half; five times as old ones do not count.",
    )
    event: EventType | None = Field(
        None, description="Count these alone; where absent all, weighted as the model does."
    )
    per: str | None = Field(
        None, max_length=64, description="A field of text: the best `k` of each of its values."
    )
    value: str | None = Field(
        None, max_length=MAX_FIELD_CHARACTERS, description="With `per`: this value alone."
    )


class BasketRequest(StrictRequest):
    """What is bought together with what is in a basket."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"basket": ["22697", "22698"], "k": 3}]}
    )

    basket: list[Identifier] = Field(min_length=1, max_length=MAX_BASKET)
    k: WholeNumber = Field(10, ge=1, le=MAX_K, description="How many items.")
    filter: Condition | None = Field(None, description="Which items of the catalogue may be shown.")
    excluded: list[Identifier] = Field(
        [], max_length=MAX_EXCLUDED, description="Items that are not to be shown."
    )


class ItemRequest(BaseModel, defer_build=True):
    """An item of which all that is known is asked for."""

    item_id: Identifier


class ItemUpdate(StrictRequest):
    """What is different about an item from now on."""

    item_id: Identifier
    fields: Fields = Field(
        description="Fields that are not named stay; null takes back what was written before. "
        "`active` false: the item is shown nowhere.",
        examples=[{"price": 2.95, "stock": 12, "active": True}],
    )

    @field_validator("fields")
    @classmethod
    def _active_is_yes_or_no(cls, fields: Fields) -> Fields:
        active = fields.get(ACTIVE)
        if active is not None and not isinstance(active, bool):
            raise ValueError("'active' must be true, false or null")
        return fields


class ItemsRequest(StrictRequest):
    """What is different about many items."""

    items: list[ItemUpdate] = Field(min_length=1, max_length=MAX_ITEMS)
