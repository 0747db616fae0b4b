"""Promotions, boosts and groups of a request, made ready once for a catalogue.

Shoppers' requests mostly come with the same ones, in objects of their own: what they come to is
found again by what they say, for as long as the catalogue's fields do not change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.conditions import Condition
from functions.recommendation.controls import Controlled
from functions.recommendation.filters import Mask, known_fields, mask_of, wrong

Key = tuple[Any, ...]
_OF_ONE = attrgetter("field", "eq", "lt", "lte", "gt", "gte")


@dataclass(frozen=True)
class Promoted:
    """A promotion.

    Attributes:
        rows: (M,) int64, the items that it is for, in their order.
        fits: whether an item is one of them, by its row.
        places: how many of the answer's it is to have.
    """

    name: str
    rows: NDArray[np.int64]
    fits: memoryview
    places: int

    def of(self, rows: Sequence[int]) -> list[int]:
        """Those of some rows that it is for, in their order."""
        fits = self.fits
        return [row for row in rows if fits[row]]


@dataclass(frozen=True)
class Boosted:
    """A boost.

    Attributes:
        mask: (N,) bool, the items that it is for.
        fits: the same, by row.
        count: how many these are.
        added: (N,) float32, to their logits.
    """

    factor: float
    mask: Mask
    fits: memoryview
    count: int
    added: NDArray[np.float32]

    def places(self, rows: Sequence[int]) -> list[int]:
        """Places of some rows that it is for, from 0."""
        fits = self.fits
        return [place for place, row in enumerate(rows) if fits[row]]


@dataclass(frozen=True)
class Plan:
    """What the promotions, boosts and groups of a request come to. Nothing of it is changed.

    Attributes:
        promotions: in the request's order.
        boosts: likewise.
        one_per: the field that groups are of.
        groups: a number for each value of the field, by row; None where none is looked at.
    """

    promotions: tuple[Promoted, ...] = ()
    boosts: tuple[Boosted, ...] = ()
    one_per: str | None = None
    groups: memoryview | None = None

    @cached_property
    def places(self) -> int:
        """Those of all promotions."""
        return sum(promotion.places for promotion in self.promotions)

    @property
    def nbytes(self) -> int:
        """Of its arrays, but for the groups, which other plans have too."""
        of_promotions = sum(it.rows.nbytes + it.fits.nbytes for it in self.promotions)
        return of_promotions + sum(it.mask.nbytes + it.added.nbytes for it in self.boosts)

    def boost(self, scores: NDArray[Any], *, logits: bool) -> None:
        """Change scores in place, (N,) or more: logits get a factor's logarithm, counts it."""
        for boosted in self.boosts:
            part = scores[: len(boosted.mask)]
            if logits:
                part += boosted.added
            else:
                np.multiply(part, boosted.factor, out=part, where=boosted.mask)


NO_PLAN = Plan()


def plan_of(request: Controlled, catalogue: Catalogue) -> Plan:
    """What the promotions, boosts and groups of a request come to, of this catalogue.

    Raises:
        InvalidRequest: a filter or a field does not fit the catalogue.
        LimitExceeded: a filter is nested too deeply.
    """
    if not request.promotions and not request.boosts and request.one_per is None:
        return NO_PLAN
    promotions = [(it.name, it.share, _key(it.filter)) for it in request.promotions]
    boosts = [(it.factor, _key(it.filter)) for it in request.boosts]
    key = request.k, request.one_per, *promotions, *boosts, *catalogue.fields
    fields = tuple(catalogue.fields.values())
    return catalogue.derived.of(fields, key, lambda: _plan(request, catalogue))


def _key(condition: Condition) -> Key:
    """What a condition says, to be compared with another's."""
    if condition.field is not None:
        of_one: Key = _OF_ONE(condition)
        return of_one if condition.one_of is None else (*of_one, *condition.one_of)
    if condition.none_of is not None:
        return "not", _key(condition.none_of)
    name = "or" if condition.all_of is None else "and"
    return name, *map(_key, condition.all_of or condition.any_of or ())


def _plan(request: Controlled, catalogue: Catalogue) -> Plan:
    promotions = tuple(_promoted(request, at, catalogue) for at in range(len(request.promotions)))
    boosts = tuple(_boosted(request, at, catalogue) for at in range(len(request.boosts)))
    one_per = request.one_per
    if one_per is None:
        return Plan(promotions, boosts)
    if one_per not in catalogue.fields:
        raise wrong("/one_per", known_fields(one_per, catalogue))
    return Plan(promotions, boosts, one_per, memoryview(catalogue.groups(one_per)))


def _promoted(request: Controlled, at: int, catalogue: Catalogue) -> Promoted:
    promotion = request.promotions[at]
    mask = mask_of(promotion.filter, catalogue, f"/promotions/{at}/filter")
    name = promotion.name or f"promotion-{at + 1}"
    rows = catalogue.derived.of((mask,), ("rows", id(mask)), lambda: mask.nonzero()[0])
    places = max(1, round(promotion.share * request.k))
    return Promoted(name, rows, memoryview(mask), places)


def _boosted(request: Controlled, at: int, catalogue: Catalogue) -> Boosted:
    factor = request.boosts[at].factor
    mask = mask_of(request.boosts[at].filter, catalogue, f"/boosts/{at}/filter")
    key = "boost", id(mask), factor
    added = catalogue.derived.of((mask,), key, lambda: mask * np.float32(log(factor)))
    return Boosted(factor, mask, memoryview(mask), int(np.count_nonzero(mask)), added)
