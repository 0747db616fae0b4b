"""Operations: what a service does with one kind of request, however it comes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from shared.errors import ModelError, ServiceError
from shared.process import telemetry

Outcome = BaseModel | ServiceError
Handle = Callable[[Sequence[Any]], Sequence[Outcome]]


@runtime_checkable
class TimedRequest(Protocol):
    """A request to which the time matters at which it was sent."""

    def was_sent(self, at_s: float) -> None:
        """Take the time, in seconds since 1970-01-01 UTC; the same for every delivery."""
        ...


@dataclass(frozen=True, slots=True)
class Operation:
    """Requests of one kind, and who answers them.

    Attributes:
        model: what a request must be.
        handle: answers requests in order, each with a response or the error that it alone met.
    """

    model: type[BaseModel]
    handle: Handle


@dataclass(frozen=True, slots=True)
class Sample:
    """A request that a process answers before anyone asks, so that it is warm.

    Attributes:
        path: of its operation.
        body: what is asked.
    """

    path: str
    body: Mapping[str, Any]


# By the path of the HTTP route; the first one is for messages that name none.
Operations = Mapping[str, Operation]


def each(answer: Callable[[Any], BaseModel]) -> Handle:
    """Answer requests one after the other."""

    def handle(requests: Sequence[Any]) -> list[Outcome]:
        return [_outcome(answer, request) for request in requests]

    return handle


def _outcome(answer: Callable[[Any], BaseModel], request: Any) -> Outcome:
    try:
        return answer(request)
    except ServiceError as error:
        return error


def outcomes_of(operation: Operation, requests: Sequence[BaseModel]) -> list[Outcome]:
    """Outcomes in order, from one call; where that breaks, from one call each.

    An error that may pass, or a model that cannot be served, is every request's: what the call did
    is not done again to find out whose fault it was.
    """
    if not requests:
        return []
    try:
        outcomes = list(operation.handle(requests))
        assert len(outcomes) == len(requests)
    except Exception as error:  # noqa: BLE001 - a batch must not fail for one of its requests
        told = _told(error)
        if len(requests) == 1 or concerns_all(told):
            return [told] * len(requests)
        return [outcome for request in requests for outcome in outcomes_of(operation, [request])]
    return outcomes


def concerns_all(error: ServiceError) -> bool:
    """Whether an error is no fault of the request that met it."""
    return error.retryable or isinstance(error, ModelError)


def _told(error: Exception) -> ServiceError:
    if isinstance(error, ServiceError):
        return error
    telemetry.log_failure(error)
    return ServiceError("An unexpected error; the function's log tells where it arose.")
