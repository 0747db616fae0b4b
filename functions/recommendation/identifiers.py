"""What the requests have in common: ids, kinds of events, times."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import core_schema

from shared.texts import UnicodeText

MAX_ID_CHARACTERS = 256
LATEST_TIMESTAMP = 4_102_444_800.0  # the year 2100: more is milliseconds

EventType = Literal["view", "cart", "purchase"]
Identifier = Annotated[UnicodeText, Field(min_length=1, max_length=MAX_ID_CHARACTERS)]


class _Seconds:
    """One clear error for all that is no timestamp, without a call for each that is one."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        message = (
            f"must be a number from 0 to {LATEST_TIMESTAMP:.0f}, the year 2100: seconds, not "
            "milliseconds, since 1970-01-01 UTC"
        )
        schema = handler(source)
        return core_schema.custom_error_schema(schema, "timestamp", custom_error_message=message)


Timestamp = Annotated[
    float,
    Field(
        ge=0,
        le=LATEST_TIMESTAMP,
        allow_inf_nan=False,
        strict=True,
        description="Seconds since 1970-01-01 UTC; may have a fraction.",
    ),
    _Seconds(),
]


class StrictRequest(BaseModel, defer_build=True):
    """A request without fields that nothing reads."""

    model_config = ConfigDict(extra="forbid")
