"""Pydantic's validation errors as this product's errors, for every way in."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.documents import check_values, pointer, read_json
from shared.errors import BodyTooLarge, InvalidRequest, MalformedJson
from shared.settings import get_settings

MAX_ERRORS = 20  # that an answer lists
Request = TypeVar("Request", bound=BaseModel)


class Problem(BaseModel, defer_build=True):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None


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
            "pointer": pointer(error["loc"][skip:]),
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


def parse(model: type[Request], payload: Any, *, counted: bool = True) -> Request:
    """A request from JSON text (str or bytes) or from an already parsed value.

    Args:
        model: that it must fit.
        payload: JSON, or what it holds.
        counted: whether it may have `MAX_VALUES` at most.

    Raises:
        MalformedJson: the text is not JSON, or has a key twice.
        InvalidRequest: it does not fit ``model``, or has too many values.
    """
    if isinstance(payload, str | bytes):
        payload = read_json(payload)
    elif counted:
        check_values(payload)
    try:
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
