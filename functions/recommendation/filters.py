"""A request's filter as a mask over the catalogue."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.conditions import MAX_FILTER_DEPTH, Condition
from shared.errors import InvalidRequest, LimitExceeded

Mask = NDArray[np.bool_]


def wrong(pointer: str, detail: str) -> InvalidRequest:
    """The error of what does not fit the catalogue."""
    found = [{"pointer": pointer, "detail": detail}]
    return InvalidRequest(f"{pointer}: {detail}", errors=found)


def known_fields(name: str, catalogue: Catalogue) -> str:
    """Says that there is no such field, and which there are."""
    known = ", ".join(sorted(catalogue.fields)) or "none"
    return f"no field {name!r} in the catalogue; it has: {known}"


def _compare(condition: Condition, catalogue: Catalogue, pointer: str) -> Mask:
    name = condition.field or ""
    values = catalogue.fields.get(name)
    if values is None:
        raise wrong(f"{pointer}/field", known_fields(name, catalogue))
    ((operator, wanted),) = condition.operators.items()
    kind: type | tuple[type, ...] = str if values.dtype.kind == "U" else (int, float)
    for value in wanted if operator == "in" else [wanted]:
        if not isinstance(value, kind):
            told = "text" if kind is str else "a number"
            raise wrong(f"{pointer}/{operator}", f"field {name!r} is compared with {told}")
    key = name, operator, tuple(wanted) if operator == "in" else wanted
    return catalogue.derived.of((values,), key, lambda: _operation(operator, values, wanted))


def _operation(operator: str, values: NDArray[Any], wanted: Any) -> Mask:
    if operator == "in":
        return np.isin(values, wanted)
    operations = {
        "eq": np.equal,
        "lt": np.less,
        "lte": np.less_equal,
        "gt": np.greater,
        "gte": np.greater_equal,
    }
    mask: Mask = operations[operator](values, wanted)
    return mask


def mask_of(
    condition: Condition, catalogue: Catalogue, pointer: str = "/filter", depth: int = 1
) -> Mask:
    """Which items of the catalogue a filter lets through, (N,) bool, which no one may change.

    An item that lacks a number fails every comparison with it.

    Raises:
        InvalidRequest: a field or a type is not the catalogue's; it points at the place.
        LimitExceeded: conditions are nested too deeply.
    """
    if depth > MAX_FILTER_DEPTH:
        hint = "Flatten the filter with 'and', 'or' or 'in'."
        raise LimitExceeded("filter depth", MAX_FILTER_DEPTH, depth, hint, pointer)
    if condition.field is not None:
        return _compare(condition, catalogue, pointer)
    if condition.none_of is not None:
        part = mask_of(condition.none_of, catalogue, f"{pointer}/not", depth + 1)
        return catalogue.derived.of((part,), ("not", id(part)), lambda: ~part)
    parts = condition.all_of if condition.all_of is not None else condition.any_of or []
    name = "and" if condition.all_of is not None else "or"
    masks = tuple(
        mask_of(part, catalogue, f"{pointer}/{name}/{index}", depth + 1)
        for index, part in enumerate(parts)
    )
    key = name, *map(id, masks)
    return catalogue.derived.of(masks, key, lambda: _joined(name, masks))


def _joined(name: str, masks: Sequence[Mask]) -> Mask:
    """What all masks let through, or any of them."""
    stacked = np.stack(masks)
    return stacked.all(axis=0) if name == "and" else stacked.any(axis=0)


def allowed_by(condition: Condition | None, catalogue: Catalogue) -> Mask | None:
    """Which items may be shown, by a filter and for being active, (N,) bool; None for all.

    Raises:
        InvalidRequest: see `mask_of`.
        LimitExceeded: likewise.
    """
    if condition is None:
        return catalogue.active
    mask, active = mask_of(condition, catalogue), catalogue.active
    if active is None:
        return mask
    return catalogue.derived.of((mask, active), ("active", id(mask)), lambda: mask & active)
