"""A request's filter: which items of the catalogue it lets through, and what the user did."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.recommendation import controls
from functions.recommendation.catalogue import Catalogue
from functions.recommendation.conditions import Condition
from functions.recommendation.identifiers import EventType
from functions.recommendation.personalize.expressions import (
    ANY_EVENT,
    INTERACTIONS,
    Clause,
    Comparison,
    Parameter,
    read_expression,
)
from functions.recommendation.personalize.names import expression_of, kind_of
from functions.recommendation.personalize.shapes import Filtered, Promotion
from shared.errors import InvalidRequest

ALL_KINDS: frozenset[EventType] = frozenset(("view", "cart", "purchase"))
_OPERATORS = {"=": "eq", "!=": "eq", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}


@dataclass
class Filter:
    """What may be shown.

    Attributes:
        conditions: on the catalogue's fields; all hold.
        hidden_kinds: items with which the user did this are not shown.
    """

    conditions: list[Condition] = field(default_factory=list)
    hidden_kinds: set[EventType] = field(default_factory=set)

    @property
    def condition(self) -> Condition | None:
        """The conditions as one."""
        return Condition(all_of=self.conditions) if self.conditions else None


def filter_of(request: Filtered | Promotion, catalogue: Catalogue) -> Filter:
    """The filter that a request or a promotion names, with its values.

    Raises:
        AwsRefusal: it is unknown.
        InvalidRequest: its expression or its values do not fit.
    """
    found = Filter()
    if request.filter_arn is None:
        return found
    for clause in read_expression(expression_of(request.filter_arn)):
        if clause.any_of[0][0].dataset == INTERACTIONS:
            found.hidden_kinds |= _kinds(clause.any_of[0][0], request.filter_values)
        elif condition := _condition(clause, request.filter_values, catalogue):
            found.conditions.append(condition)
    return found


def promotions_of(
    promotions: Sequence[Promotion], catalogue: Catalogue
) -> list[controls.Promotion]:
    """Promotions as this product has them.

    Raises:
        AwsRefusal: a filter is unknown.
        InvalidRequest: a filter does not fit, or is of what the user did.
    """
    found = []
    for promotion in promotions:
        chosen = filter_of(promotion, catalogue)
        if chosen.condition is None or chosen.hidden_kinds:
            raise InvalidRequest(
                f"/promotions: {promotion.name!r} needs a 'filterArn' with conditions on Items."
            )
        share = promotion.percent_promoted_items / 100
        found.append(controls.Promotion(name=promotion.name, filter=chosen.condition, share=share))
    return found


def _kinds(comparison: Comparison, given: Mapping[str, str]) -> set[EventType]:
    values = _values(comparison, given)
    if ANY_EVENT in values:
        return set(ALL_KINDS)
    return {kind for value in values if (kind := kind_of(value)) is not None}


def _condition(clause: Clause, given: Mapping[str, str], catalogue: Catalogue) -> Condition | None:
    """A clause as a condition; None where values that may be left out are."""
    groups = []
    for group in clause.any_of:
        parts = []
        for comparison in group:
            values = _values(comparison, given)
            if values:
                parts.append(_compared(comparison, values, catalogue))
            elif clause.includes:
                raise InvalidRequest(
                    f"/filterValues: the filter's expression needs a value for "
                    f"{_parameters(comparison)}."
                )
        if parts:
            groups.append(Condition(all_of=parts))
    if not groups:
        return None
    wanted = Condition(any_of=groups)
    return wanted if clause.includes else Condition(none_of=wanted)


def _parameters(comparison: Comparison) -> str:
    return ", ".join(value.name for value in comparison.values if isinstance(value, Parameter))


def _values(comparison: Comparison, given: Mapping[str, str]) -> list[str]:
    """The values of a comparison, those that the request gives among them."""
    values = []
    for value in comparison.values:
        if isinstance(value, str):
            values.append(value)
        elif value.name in given:
            values += _listed(given[value.name])
    return values


def _listed(text: str) -> list[str]:
    """Values as requests have them: separated by commas, text in quotes."""
    (row,) = csv.reader([text], skipinitialspace=True, escapechar="\\") or [[]]
    return [value.strip() for value in row if value.strip()]


def _compared(comparison: Comparison, values: list[str], catalogue: Catalogue) -> Condition:
    name = field_of(comparison.field, catalogue)
    typed = [_typed(value, name, catalogue) for value in values]
    if comparison.operator.endswith("IN"):
        found = Condition(field=name, one_of=typed)
        return found if comparison.operator == "IN" else Condition(none_of=found)
    if len(typed) > 1:
        raise InvalidRequest(f"/filterValues: {comparison.operator} takes one value.")
    given: dict[str, Any] = {"field": name, _OPERATORS[comparison.operator]: typed[0]}
    found = Condition(**given)
    return Condition(none_of=found) if comparison.operator == "!=" else found


def field_of(column: str, catalogue: Catalogue) -> str:
    """The catalogue's field of this name, in whatever case.

    Raises:
        InvalidRequest: there is none.
    """
    for name in catalogue.fields:
        if name.lower() == column.lower():
            return name
    known = ", ".join(sorted(catalogue.fields)) or "none"
    raise InvalidRequest(f"No column {column[:40]!r} in the catalogue; it has: {known}.")


def _typed(value: str, name: str, catalogue: Catalogue) -> str | float:
    if catalogue.fields[name].dtype.kind == "U":
        return value
    try:
        return float(value)
    except ValueError:
        raise InvalidRequest(f"{name} is compared with numbers; {value[:40]!r} is none.") from None
