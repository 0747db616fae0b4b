"""What a merchandiser may ask of a recommendation, as a request states it."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from functions.recommendation.conditions import Condition
from functions.recommendation.identifiers import Identifier, StrictRequest
from shared.texts import WHOLE, WholeNumber

MAX_K = 100
MAX_PROMOTIONS = 5
MAX_BOOSTS = 20
MAX_EXCLUDED = 1_000
MOST_FACTOR = 100.0
_ROUNDING = 1e-9  # of shares that are to be 1 together

Name = Annotated[str, Field(min_length=1, max_length=64)]
Place = Annotated[int, Field(strict=True, ge=1, le=MAX_K), WHOLE]


class Promotion(StrictRequest):
    """Items that are to have a share of the places."""

    name: Name | None = Field(None, description="By which the answer tells of it.")
    filter: Condition = Field(description="Which items are promoted.")
    share: float = Field(
        gt=0, le=1, allow_inf_nan=False, description="Of the `k` places; at least one place."
    )


class Boost(StrictRequest):
    """Items that are to be taken for more or less likely than the model does."""

    filter: Condition = Field(description="Which items.")
    factor: float = Field(
        ge=1 / MOST_FACTOR,
        le=MOST_FACTOR,
        allow_inf_nan=False,
        description="2 is twice as likely, 0.5 half; its logarithm is added to the score.",
    )


class Pin(StrictRequest):
    """An item with a place of its own."""

    item_id: Identifier
    place: Place | None = Field(None, description="From 1; where absent the first free one.")


class Controlled(StrictRequest):
    """A request whose answer is steered. All of it may be absent."""

    k: WholeNumber = Field(10, ge=1, le=MAX_K, description="How many items.")
    promotions: list[Promotion] = Field(
        [],
        max_length=MAX_PROMOTIONS,
        description="Shares of the places for items of one's choice.",
    )
    boosts: list[Boost] = Field(
        [], max_length=MAX_BOOSTS, description="Factors on how likely items are; all that fit."
    )
    pinned: list[Pin] = Field(
        [],
        max_length=MAX_K,
        description="Items at places of their own, also those that the shopper has seen.",
    )
    excluded: list[Identifier] = Field(
        [], max_length=MAX_EXCLUDED, description="Items that are not to be shown."
    )
    one_per: Name | None = Field(
        None,
        description="A field of text, such as `group`: of items with one value of it, that are "
        "variants of a product, the best is shown alone.",
    )

    @model_validator(mode="after")
    def _can_be_done(self) -> Self:
        if sum(promotion.share for promotion in self.promotions) > 1 + _ROUNDING:
            raise ValueError("the shares of 'promotions' must be at most 1 together")
        names = [promotion.name for promotion in self.promotions if promotion.name is not None]
        if len(set(names)) < len(names):
            raise ValueError("each of 'promotions' needs a name of its own, or none")
        if self.pinned:
            self._check_pins()
        return self

    def _check_pins(self) -> None:
        ids = [pin.item_id for pin in self.pinned]
        places = [pin.place for pin in self.pinned if pin.place is not None]
        if len(set(ids)) < len(ids) or len(set(places)) < len(places):
            raise ValueError("'pinned' may name each item and each place once")
        if len(ids) > self.k or max(places, default=1) > self.k:
            raise ValueError(f"'pinned' has places beyond the {self.k} of 'k'")
        if both := set(ids).intersection(self.excluded):
            raise ValueError(f"'pinned' and 'excluded' both name {min(both)!r}")

    @property
    def steered(self) -> bool:
        """Whether any of it is given."""
        given = self.promotions or self.boosts or self.pinned or self.excluded or self.one_per
        return bool(given)
