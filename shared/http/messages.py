"""What goes through the layers of an HTTP request: the request, and its response."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from shared.http.caller import caller_of
from shared.operations import Dialect, Operation, Service

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


@dataclass(slots=True)
class Request:
    """An HTTP request, read whole.

    Attributes:
        method: in capitals.
        path: without the query.
        headers: by name in lower case; of a repeated one the first, but every ``prefer``.
        body: as it came, but no more than a chunk above the limit.
        id: what the answer, the log and problems name it by.
        media_type: of the body, in lower case and without parameters; JSON where none is declared.
        route: whose operation it asks for, where it is a POST that the table has, or where a table
            elsewhere has it.
        scope: of ASGI, with the event of API Gateway; FastAPI answers from it.
        path_dialect: of the operations that its path has by any method.
        parameters: what the path says for the names in its operation's path.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    id: str
    media_type: str
    route: tuple[Service, Operation] | None
    scope: MutableMapping[str, Any]
    path_dialect: Dialect | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def caller(self) -> str | None:
        """Who is calling (`shared.http.caller`); None where nothing tells them from others."""
        return caller_of(self.scope)

    @property
    def dialect(self) -> Dialect | None:
        """How its route, or else its path, differs from this product's own, where it does."""
        return self.route[1].dialect if self.route else self.path_dialect


@dataclass(slots=True)
class Response:
    """An HTTP response.

    Attributes:
        status: of HTTP.
        body: whole.
        headers: by name in lower case, without ``content-length``.
    """

    status: int
    body: bytes
    headers: dict[str, str]


Next: TypeAlias = Callable[[Request], Awaitable[Response]]
