"""Operations: what a service can do, told once, for every way in.

A service has one table of them. HTTP, FastAPI's routes and the OpenAPI document, the queue, bulk
jobs, direct invocations and the warm-up all read it: a new route is one row and one method.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel

from shared.errors import ModelError, ServiceError
from shared.process import telemetry

Outcome = BaseModel | ServiceError
# Of a service and requests: per request, in order, its response or the error that it alone met.
Handle = Callable[[Any, Sequence[Any]], Sequence[Outcome]]


@runtime_checkable
class TimedRequest(Protocol):
    """A request to which the time matters at which it was sent."""

    def was_sent(self, at_s: float) -> None:
        """Take the time, in seconds since 1970-01-01 UTC; the same for every delivery."""
        ...


class NoFields(BaseModel, defer_build=True):
    """A request that asks for nothing in particular."""


class HttpAnswer(BaseModel, defer_build=True):
    """An answer that is not JSON alone, as another product's contract may have it.

    Attributes:
        headers: with names in lower case, the body's media type among them.
    """

    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the routes of another product's clients differ from this product's own.

    Attributes:
        name: tag of its routes in the OpenAPI document.
        reads_forms: whether a body may be a form (``application/x-www-form-urlencoded``) too.
        error: status and JSON of an error's answer.
        error_model: of that JSON, for the OpenAPI document.
        media_type: of its JSON.
        kind_header: header of an error's answer that repeats its ``__type``, if any.
        id_header: header in which its clients look for the request's id, if any.
        reads_any: whether a body may be anything, since nothing reads it.
    """

    name: str
    reads_forms: bool
    error: Callable[[ServiceError], tuple[int, dict[str, Any]]]
    error_model: type[BaseModel]
    media_type: str = "application/json"
    kind_header: str | None = None
    id_header: str | None = None
    reads_any: bool = False


@dataclass(slots=True, eq=False)
class Operation:
    """One thing that a service can do.

    Attributes:
        name: a verb and what it acts on; unique in its service.
        path: of its HTTP route; without one it is asked for by queue or directly alone.
        request: what a request must be. Of a GET: its fields are those of the path and the query.
        response: what answers it.
        handle: answers requests; a method of the service, or made from one by `each`.
        doc: what it does, for who reads the OpenAPI document.
        sample: a request that a process answers before anyone asks, so that it is warm.
        method: of HTTP. Only a POST goes by queue, in bulk and directly. Of a PUT the fields that
            its path does not name are the body's.
        dialect: where another product's clients speak to it.
        target: what the header ``X-Amz-Target`` must say where operations share a path; one that
            ends with a dot takes all that begin so.
        users: ids of the shoppers whom a request names; None where none ever does.
        scope: of a token whose bearer may name all of them; of an operation without ``users``, of
            those whose bearers may do it at all.
    """

    name: str
    path: str | None
    request: type[BaseModel]
    response: Any
    handle: Handle
    doc: str
    sample: Mapping[str, Any] | None = None
    method: Literal["GET", "POST", "PUT", "DELETE"] = "POST"
    dialect: Dialect | None = None
    target: str | None = None
    users: Callable[[Any], Collection[str]] | None = None
    scope: str | None = None


@dataclass(frozen=True)
class Service:
    """A service: its table of operations, and how it is loaded.

    Attributes:
        name: of its function, queue and models.
        title: of its OpenAPI document.
        description: of its OpenAPI document.
        load: gives the loaded service, or raises `ServiceError`; cheap from the second call on.
        operations: the table; a request by queue, in bulk or directly that names none is of the
            first kind.
        make_ready: loads what `load` leaves for later.
        elsewhere: further tables, each of another product's dialect: by the first part of their
            paths, the module that has one as ``OPERATIONS``. It is imported when a request comes
            there, and answers by HTTP alone.
    """

    name: str
    title: str
    description: str
    load: Callable[[], Any]
    operations: Sequence[Operation]
    make_ready: Callable[[Any], None] | None = field(default=None)
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    @property
    def default(self) -> Operation:
        """What a request asks for that names no operation."""
        return self.operations[0]

    @cached_property
    def posts(self) -> Mapping[str, Operation]:
        """Operations that a queue's message may name, by path."""
        return {row.path: row for row in self.operations if row.path and row.method == "POST"}

    def rows_at(self, part: str) -> Sequence[Operation]:
        """Rows of the table whose paths begin with this part."""
        rows: Sequence[Operation] = import_module(self.elsewhere[part]).OPERATIONS
        return rows

    @cached_property
    def warm_up(self) -> Operation:
        """The first operation with a sample."""
        return next(row for row in self.operations if row.sample is not None)

    def answer(self, operation: Operation, request: BaseModel) -> Outcome:
        """The response to one request, or the error that it met.

        Raises:
            ServiceError: the service cannot be loaded.
        """
        (outcome,) = operation.handle(self.load(), [request])
        return outcome

    def answer_all(self, operation: Operation, requests: Sequence[BaseModel]) -> list[Outcome]:
        """Outcomes in order, from one call; where that breaks, from one call each.

        An error that may pass, or a model that cannot be served, is every request's: what the call
        did is not done again to find out whose fault it was.
        """
        if not requests:
            return []
        try:
            outcomes = list(operation.handle(self.load(), requests))
            assert len(outcomes) == len(requests)
        except Exception as error:  # noqa: BLE001 - a batch must not fail for one of its requests
            reason = _reason(error)
            if len(requests) == 1 or concerns_all(reason):
                return [reason] * len(requests)
            return [
                outcome for request in requests for outcome in self.answer_all(operation, [request])
            ]
        return outcomes


def each(answer: Callable[[Any, Any], Any]) -> Handle:
    """Answer requests one after the other by a method of the service that takes one."""

    def handle(service: Any, requests: Sequence[Any]) -> list[Outcome]:
        return [_outcome(answer, service, request) for request in requests]

    return handle


def _outcome(answer: Callable[[Any, Any], Any], service: Any, request: Any) -> Any:
    try:
        return answer(service, request)
    except ServiceError as error:
        return error


def concerns_all(error: ServiceError) -> bool:
    """Whether an error is no fault of the request that met it."""
    return error.retryable or isinstance(error, ModelError)


def _reason(error: Exception) -> ServiceError:
    if isinstance(error, ServiceError):
        return error
    telemetry.log_failure(error)
    return ServiceError("An unexpected error; the function's log tells where it arose.")
