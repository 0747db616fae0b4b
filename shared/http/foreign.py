"""Bodies of the routes that other products' clients speak to: JSON or forms."""

from collections.abc import Mapping
from typing import Any, get_args, get_origin
from urllib.parse import parse_qs

from pydantic import BaseModel

from shared.documents import read_json
from shared.errors import InvalidRequest, UnsupportedMedia
from shared.http.messages import FORM, MULTIPART
from shared.operations import Operation
from shared.problems import parse

MOST_PARTS = 200  # of a multipart form
_NONE: Mapping[str, str] = {}


def read_foreign(
    operation: Operation, body: bytes, content_type: str, parameters: Mapping[str, str] = _NONE
) -> BaseModel:
    """The request in a body; a field that may be a list is one where a form repeats it.

    Args:
        operation: whose request it is.
        body: as it came.
        content_type: the whole header, which names the boundary of a multipart form.
        parameters: fields that the path gives; the body of such a request may be absent.

    Raises:
        MalformedJson: the body is neither a form nor JSON.
        UnsupportedMedia: a multipart form cannot be read.
        InvalidRequest: it does not fit the operation's schema.
    """
    if operation.dialect is not None and operation.dialect.reads_any:
        return operation.request()
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == FORM:
        fields = _form(body)
    elif media_type == MULTIPART:
        fields = _multipart(body, content_type)
    else:
        return parse(operation.request, _document(body, parameters))
    read = {field.alias or name for name, field in operation.request.model_fields.items()}
    repeated = {name for name in read & fields.keys() if len(fields[name]) > 1}
    several = {name for name in repeated if _takes_list(operation, name)}
    if repeated > several:
        raise InvalidRequest("The form repeats a field that takes one value. Send it once.")
    return parse(
        operation.request,
        {
            name: values if name in several else _typed(operation, name, values[0])
            for name, values in fields.items()
        },
    )


def _document(body: bytes, parameters: Mapping[str, str]) -> Any:
    """The JSON of a body, with what the path gives."""
    if not parameters:
        return read_json(body)
    document = read_json(body) if body else {}
    return {**document, **parameters} if isinstance(document, dict) else document


def _form(body: bytes) -> dict[str, list[str]]:
    """The fields of a form in a URL's shape."""
    try:
        return parse_qs(body.decode("utf-8"), keep_blank_values=True, errors="strict")
    except ValueError:  # of which UnicodeDecodeError is one
        raise InvalidRequest("The form is not in UTF-8, or has too many fields.") from None


def _typed(operation: Operation, name: str, value: str) -> str | int:
    """A form's value as JSON would have it, where the field is a whole number."""
    field = operation.request.model_fields.get(name)
    whole = field is not None and field.annotation is int and len(value) < 20  # digits
    return int(value) if whole and value.isdecimal() and value.isascii() else value


def _takes_list(operation: Operation, name: str) -> bool:
    field = operation.request.model_fields.get(name)
    kinds = get_args(field.annotation) if field else ()
    return any(get_origin(kind) is list for kind in (field and field.annotation, *kinds))


def _multipart(body: bytes, content_type: str) -> dict[str, list[str]]:
    """The fields of a multipart form (RFC 7578)."""
    from email.parser import BytesParser  # noqa: PLC0415 - which few requests need
    from email.policy import HTTP  # noqa: PLC0415 - the same

    head = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    if not message.is_multipart():
        raise UnsupportedMedia(
            "The multipart body cannot be read: its Content-Type must name the boundary "
            "that parts it."
        )
    fields: dict[str, list[str]] = {}
    for number, part in enumerate(message.iter_parts()):
        if number == MOST_PARTS:
            raise UnsupportedMedia(f"The multipart body has more than {MOST_PARTS} fields.")
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields.setdefault(name, []).append(payload.decode("utf-8", "replace"))
    return fields
