"""A service of one row, and requests to it, for tests of the ways in."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.errors import InvalidRequest, ServiceError, StoreUnavailable
from shared.http.messages import JSON, Request, Response
from shared.operations import Dialect, Operation, Outcome, Service

PATH = "/v1/halves"


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: int


class Half(BaseModel):
    half: float


class Halver:
    """Halves numbers: odd ones are errors, 13 is a defect, 99 finds the store away."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    def halve(self, questions: Sequence[Question]) -> list[Outcome]:
        numbers = [question.number for question in questions]
        self.calls.append(numbers)
        if 13 in numbers:
            raise RuntimeError("broken by the customer's 13")
        if 99 in numbers:
            raise StoreUnavailable("Try later.")
        return [Half(half=n / 2) if n % 2 == 0 else InvalidRequest(f"{n} is odd") for n in numbers]


class Refusal(BaseModel):
    said: str


def refuse(error: ServiceError) -> tuple[int, dict[str, Any]]:
    return 400 if error.status == 422 else error.status, {"said": error.detail}


DIALECT = Dialect("other", reads_forms=True, error=refuse, error_model=Refusal)


def halve_row(path: str | None = PATH, **options: Any) -> Operation:
    name = options.pop("name", "halve")
    return Operation(name, path, Question, Half, Halver.halve, "Halve a number.", **options)


def halving(halver: Halver, *rows: Operation) -> Service:
    """The service over ``halver``: of one row, where no others are given."""
    rows = rows or (halve_row(sample={"number": 2}),)
    return Service("halving", "Halves", "Of numbers.", lambda: halver, rows)


def request_of(body: bytes = b"", service: Service | None = None, **fields: Any) -> Request:
    """A POST to the first row of a service, as the layers get it."""
    row = service.operations[0] if service else None
    given: dict[str, Any] = {
        "method": "POST",
        "path": row.path if row else PATH,
        "headers": {},
        "body": body,
        "id": "r-1",
        "media_type": JSON,
        "route": (service, row) if service and row else None,
        "scope": {},
    }
    return Request(**(given | fields))


async def answer_ok(request: Request) -> Response:
    return Response(200, b"{}", {"content-type": JSON})


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result, from a loop that no handler uses."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()
