"""A request's controls as rows of the catalogue."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.controls import Controlled
from functions.recommendation.filters import Mask
from functions.recommendation.plans import Plan, plan_of
from functions.recommendation.shopper import named, not_in_catalogue

Row = Callable[[str], int | None]


@dataclass(slots=True)
class Steering:
    """What a request's controls come to.

    Attributes:
        plan: its promotions, boosts and groups.
        pinned: rows by place, from 0; those without a place of their own after them, by None.
        pinned_rows: the same rows.
        excluded: rows that are not to be shown.
        warnings: what had to be left out.
    """

    plan: Plan
    pinned: list[tuple[int | None, int]] = field(default_factory=list)
    pinned_rows: list[int] = field(default_factory=list)
    excluded: list[int] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def arranges(self) -> bool:
        """Whether items change places, beyond what scores say."""
        return bool(self.plan.promotions or self.pinned) or self.plan.groups is not None

    def numbers(self, rows: Iterable[int]) -> list[int]:
        """The groups of rows; each is one of its own where the request does not look at them."""
        groups = self.plan.groups
        return list(rows) if groups is None else [groups[row] for row in rows]


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
    steering = Steering(plan_of(request, catalogue), excluded=_rows(request.excluded, row_of))
    if request.pinned:
        _pin(steering, request, row_of, allowed)
    return steering


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
            steering.pinned_rows.append(row)
    if missing:
        steering.warnings.append(not_in_catalogue("pinned", missing, "left out"))
    if hidden:
        steering.warnings.append(
            "pinned: left out, as the filter does not let them through or they are not active: "
            f"{named(hidden)}."
        )
