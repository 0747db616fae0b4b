"""A request's controls as masks over the catalogue."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.controls import Boost, Controlled, Promotion
from functions.recommendation.filters import Mask, known_fields, mask_of, wrong
from functions.recommendation.shopper import named, not_in_catalogue

Row = Callable[[str], int | None]


@dataclass(slots=True)
class Promoted:
    """A promotion.

    Attributes:
        mask: (N,) bool, the items that it is for.
        rows: the same as rows, in their order.
        places: how many of the answer's it is to have.
    """

    name: str
    mask: Mask
    rows: NDArray[np.int64]
    places: int

    def of(self, rows: Sequence[int]) -> list[int]:
        """Those of some rows that it is for, in their order."""
        if not rows:
            return []
        return [row for row, fits in zip(rows, self.mask[rows].tolist(), strict=True) if fits]


@dataclass(slots=True)
class Boosted:
    """A boost.

    Attributes:
        mask: (N,) bool, the items that it is for.
        added: (N,) float32, to their logits.
    """

    factor: float
    mask: Mask
    added: NDArray[np.float32]


@dataclass(slots=True)
class Steering:
    """What a request's controls come to.

    Attributes:
        pinned: rows by place, from 0; those without a place of their own after them, by None.
        excluded: rows that are not to be shown.
        one_per: the field that `groups` are of.
        groups: (N,) int64, a number for each value of the field.
        warnings: what had to be left out.
    """

    promotions: list[Promoted] = field(default_factory=list)
    boosts: list[Boosted] = field(default_factory=list)
    pinned: list[tuple[int | None, int]] = field(default_factory=list)
    excluded: list[int] = field(default_factory=list)
    one_per: str | None = None
    groups: NDArray[np.int64] | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def pinned_rows(self) -> list[int]:
        """Rows of the pinned items."""
        return [row for _, row in self.pinned]

    @property
    def arranges(self) -> bool:
        """Whether items change places, beyond what scores say."""
        return bool(self.promotions or self.pinned) or self.groups is not None

    def boost(self, scores: NDArray[Any], *, logits: bool) -> None:
        """Change scores in place, (N,) or more: logits get a factor's logarithm, counts it."""
        for boosted in self.boosts:
            part = scores[: len(boosted.mask)]
            if logits:
                part += boosted.added
            else:
                np.multiply(part, boosted.factor, out=part, where=boosted.mask)

    def boosted(self, rows: Sequence[int]) -> list[list[bool]]:
        """Which rows each boost is for."""
        if not rows:
            return [[] for _ in self.boosts]
        return [boosted.mask[rows].tolist() for boosted in self.boosts]

    def numbers(self, rows: Sequence[int]) -> list[int]:
        """The groups of rows; each is one of its own where the request does not look at them."""
        if self.groups is None or not rows:
            return list(rows)
        found: list[int] = self.groups[rows].tolist()
        return found

    def number(self, row: int) -> int:
        """The group of a row."""
        return row if self.groups is None else int(self.groups[row])


def steering_of(
    request: Controlled, catalogue: Catalogue, row_of: Row, allowed: Mask | None
) -> Steering | None:
    """What a request's controls come to, of this catalogue; None where it has none.

    Args:
        request: of a shopper.
        catalogue: whose items are recommended.
        row_of: an item's row by its id; None where it is not in the catalogue.
        allowed: (N,) bool, what the filter lets through; None for all.

    Raises:
        InvalidRequest: a filter or a field does not fit the catalogue.
        LimitExceeded: a filter is nested too deeply.
    """
    if not request.steered:
        return None
    steering = Steering(
        [_promoted(request, place, catalogue) for place in range(len(request.promotions))],
        [_boosted(boost, place, catalogue) for place, boost in enumerate(request.boosts)],
        excluded=_rows(request.excluded, row_of),
        one_per=request.one_per,
    )
    if request.one_per is not None:
        if request.one_per not in catalogue.fields:
            raise wrong("/one_per", known_fields(request.one_per, catalogue))
        steering.groups = catalogue.groups(request.one_per)
    if request.pinned:
        _pin(steering, request, row_of, allowed)
    return steering


def _promoted(request: Controlled, place: int, catalogue: Catalogue) -> Promoted:
    promotion: Promotion = request.promotions[place]
    mask = mask_of(promotion.filter, catalogue, f"/promotions/{place}/filter")
    name = promotion.name or f"promotion-{place + 1}"
    rows = catalogue.derived.of((mask,), ("rows", id(mask)), lambda: mask.nonzero()[0])
    return Promoted(name, mask, rows, max(1, round(promotion.share * request.k)))


def _boosted(boost: Boost, place: int, catalogue: Catalogue) -> Boosted:
    factor, mask = boost.factor, mask_of(boost.filter, catalogue, f"/boosts/{place}/filter")
    key = "boost", id(mask), factor
    added = catalogue.derived.of((mask,), key, lambda: mask * np.float32(log(factor)))
    return Boosted(factor, mask, added)


def _rows(item_ids: Sequence[str], row_of: Row) -> list[int]:
    """Rows of the items that the catalogue has."""
    return [row for row in map(row_of, item_ids) if row is not None]


def _pin(steering: Steering, request: Controlled, row_of: Row, allowed: Mask | None) -> None:
    missing, hidden = [], []
    for pin in request.pinned:
        row = row_of(pin.item_id)
        if row is None:
            missing.append(pin.item_id)
        elif allowed is not None and not allowed[row]:
            hidden.append(pin.item_id)
        else:
            steering.pinned.append((None if pin.place is None else pin.place - 1, row))
    if missing:
        steering.warnings.append(not_in_catalogue("pinned", missing, "left out"))
    if hidden:
        steering.warnings.append(
            "pinned: left out, as the filter does not let them through or they are not active: "
            f"{named(hidden)}."
        )
