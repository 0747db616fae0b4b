"""Pydantic's validation errors as this product's errors, for every way in."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json

from shared.errors import BodyTooLarge, InvalidRequest, LimitExceeded, MalformedJson
from shared.settings import get_settings

MAX_VALUES = 20_000  # of a request, items of lists and members of objects
MAX_ERRORS = 20  # that an answer lists
MAX_POINTER_CHARACTERS = 256  # of each; keys of the body are in it
Request = TypeVar("Request", bound=BaseModel)


class Problem(BaseModel, defer_build=True):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None


def pointer(location: Sequence[int | str]) -> str:
    """RFC 6901 JSON pointer of a place in the body."""
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    return "".join(f"/{part}" for part in parts)


def invalid_request(
    errors: Sequence[ErrorDetails | dict[str, Any]], *, skip: int = 0
) -> InvalidRequest:
    """The error for what pydantic found; quotes no values, and is short whatever came.

    Args:
        errors: as given by ``ValidationError.errors()``.
        skip: leading parts of each location that are not in the body (FastAPI's ``body``).
    """
    first = errors[0]
    if first["type"] == "json_invalid":
        reason = first.get("ctx", {}).get("error", "unreadable")
        return MalformedJson(f"The body is not JSON ({reason}). Send one JSON object, in UTF-8.")
    misfits = [
        {
            "pointer": _shortened(pointer(error["loc"][skip:])),
            "detail": error["msg"].removeprefix("Value error, "),
        }
        for error in errors[:MAX_ERRORS]
    ]
    summary = "; ".join(f"{item['pointer'] or 'the body'}: {item['detail']}" for item in misfits)
    if (others := len(errors) - len(misfits)) > 0:
        return InvalidRequest(
            f"{summary}; and {others:,} more", errors=misfits, further_errors=others
        )
    return InvalidRequest(summary, errors=misfits)


def _shortened(place: str) -> str:
    return place if len(place) <= MAX_POINTER_CHARACTERS else place[:MAX_POINTER_CHARACTERS] + "…"


def check_values(document: Any) -> None:
    """Refuse what has so many values that to tell what is wrong with each would fill the memory.

    Args:
        document: as JSON has it.

    Raises:
        LimitExceeded: there are more than `MAX_VALUES`; no request needs half as many.
    """
    count, left = 0, [document]
    while left:
        found = left.pop()
        if isinstance(found, dict | list):
            count += len(found)
            left += found.values() if isinstance(found, dict) else found
    if count > MAX_VALUES:
        raise LimitExceeded("values", MAX_VALUES, count, "Send fewer in one request.")


def may_have_too_many_values(text: str | bytes) -> bool:
    """Whether it is worth counting the values of a JSON text: each but the first has a comma."""
    commas = text.count(",") if isinstance(text, str) else text.count(b",")
    return commas >= MAX_VALUES


def _loaded(text: str | bytes) -> Any:
    try:
        return from_json(text)
    except ValueError:  # which validation tells of
        return None


def parse(model: type[Request], payload: Any, *, counted: bool = True) -> Request:
    """A request from JSON text (str or bytes) or from an already parsed value.

    Args:
        model: that it must fit.
        payload: JSON, or what it holds.
        counted: whether it may have `MAX_VALUES` at most.

    Raises:
        MalformedJson: the text is not JSON.
        InvalidRequest: it does not fit ``model``, or has too many values.
    """
    try:
        if isinstance(payload, str | bytes):
            if may_have_too_many_values(payload):
                check_values(_loaded(payload))
            return model.model_validate_json(payload)
        if counted:
            check_values(payload)
        return model.model_validate(payload)
    except ValidationError as error:
        raise invalid_request(error.errors(include_url=False, include_input=False)) from None


def check_size(size_bytes: int) -> None:
    """Refuse a request that is larger than the settings allow.

    Raises:
        BodyTooLarge: it is.
    """
    allowed_bytes = get_settings().max_body_bytes
    if size_bytes > allowed_bytes:
        hint = "Send the texts in several requests."
        raise BodyTooLarge("bytes", allowed_bytes, size_bytes, hint)
