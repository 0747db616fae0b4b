"""Bodies of the routes that other products' clients speak to: JSON or forms."""

from urllib.parse import parse_qs

from pydantic import BaseModel

from shared.http.messages import FORM
from shared.operations import Operation
from shared.problems import parse


def read_foreign(operation: Operation, body: bytes, media_type: str) -> BaseModel:
    """The request in a body.

    Raises:
        MalformedJson: the body is neither a form nor JSON.
        InvalidRequest: it does not fit the operation's schema.
    """
    if media_type == FORM:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        return parse(operation.request, {name: values[0] for name, values in fields.items()})
    return parse(operation.request, body)
