"""The conditions of a filter, as a request states them."""

from math import isfinite
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shared.texts import choices

MAX_FILTER_DEPTH = 8
MAX_FILTER_VALUES = 1_000
_OPERATORS = ("eq", "in", "lt", "lte", "gt", "gte")
_COMBINED = ("and", "or", "not")


def _text_or_number(value: object) -> object:
    fits = isinstance(value, str | int | float | None) and not isinstance(value, bool)
    if not fits:
        raise ValueError("must be text or a number")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("must be a finite number")
    return value


# Checked as a whole, so that an error points at the value and not at a member of the union.
FilterValue = Annotated[str | float, BeforeValidator(_text_or_number)]


class Condition(BaseModel, defer_build=True):
    """A condition on a field of the catalogue, or a combination of conditions.

    Exactly one of ``field``, ``and``, ``or`` and ``not`` is given; ``field`` comes with exactly
    one operator.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    field: str | None = Field(None, description="Name of a field of the catalogue.")
    eq: FilterValue | None = None
    one_of: list[FilterValue] | None = Field(
        None, alias="in", min_length=1, max_length=MAX_FILTER_VALUES
    )
    lt: FilterValue | None = None
    lte: FilterValue | None = None
    gt: FilterValue | None = None
    gte: FilterValue | None = None
    all_of: list["Condition"] | None = Field(None, alias="and", min_length=1, max_length=50)
    any_of: list["Condition"] | None = Field(None, alias="or", min_length=1, max_length=50)
    none_of: "Condition | None" = Field(None, alias="not")

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema: dict[str, Any] = handler.resolve_ref_schema(handler(core_schema))
        kinds = [["field", operator] for operator in _OPERATORS] + [[name] for name in _COMBINED]
        return schema | {"oneOf": choices(("field", *_OPERATORS, *_COMBINED), *kinds)}

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [
            name
            for name, value in (
                ("field", self.field),
                ("and", self.all_of),
                ("or", self.any_of),
                ("not", self.none_of),
            )
            if value is not None
        ]
        if len(kinds) != 1:
            raise ValueError("give exactly one of 'field', 'and', 'or', 'not'")
        if len(self.operators) != (kinds == ["field"]):
            raise ValueError(
                "a condition on a 'field' has exactly one of 'eq', 'in', 'lt', 'lte', 'gt', 'gte'; "
                "other conditions have none"
            )
        return self

    @property
    def operators(self) -> dict[str, Any]:
        """The operator that is given, with its value."""
        given = {
            "eq": self.eq,
            "in": self.one_of,
            "lt": self.lt,
            "lte": self.lte,
            "gt": self.gt,
            "gte": self.gte,
        }
        return {name: value for name, value in given.items() if value is not None}
