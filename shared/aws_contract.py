"""What the contracts of AWS's own services have in common, for their clients' requests to this one.

Errors are JSON with ``__type``, which the header ``x-amzn-errortype`` repeats; names, statuses and
limits are those of botocore's service models, which tests/compat reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, RootModel

from shared.errors import Forbidden, InvalidRequest, LimitExceeded, NotFound, ServiceError
from shared.operations import Dialect, Operation, Outcome

UNKNOWN_OPERATION = "UnknownOperationException"
ACCESS_DENIED = "AccessDeniedException"  # one of the errors that all of AWS's services have


class AwsAnswer(RootModel[dict[str, Any]]):
    """An answer in the shape that AWS's service model has for it."""


class AnyBody(BaseModel):
    """A request of which nothing is read."""


class AwsFault(BaseModel):
    """The JSON of an error."""

    model_config = ConfigDict(extra="allow")

    kind: str = Field(alias="__type")


class AwsRefusal(InvalidRequest):
    """A request that AWS's service refuses under a name of its own.

    Args:
        kind: that name.
        detail: what was wrong, what is allowed, and how to fix it.
        members: what the error's shape has beside its message.
    """

    code = "refused"

    def __init__(self, kind: str, detail: str, **members: str) -> None:
        super().__init__(detail)
        self.kind, self.members = kind, members


@dataclass(frozen=True, slots=True)
class AwsContract:
    """How one of AWS's services tells errors.

    Attributes:
        service: its name.
        media_type: of bodies and answers.
        message: what the message is called.
        statuses: of HTTP, by the error's name; 400 for those that are not here.
        not_found: name of the error for what is not there.
        unavailable: name of the one for what may pass.
        failed: name of the one for defects.
    """

    service: str
    media_type: str
    message: str
    statuses: Mapping[str, int]
    not_found: str
    unavailable: str
    failed: str

    def dialect(self, invalid: str, too_large: str | None = None) -> Dialect:
        """The dialect of operations that refuse requests under one name.

        Args:
            invalid: name of the error for a request that does not fit.
            too_large: the same for one that passes a limit, where it is another.
        """

        def tell(error: ServiceError) -> tuple[int, dict[str, Any]]:
            kind = self._kind(error, invalid, too_large or invalid)
            document = {"__type": kind, self.message: error.detail}
            members = error.members if isinstance(error, AwsRefusal) else {}
            status = error.status if kind == ACCESS_DENIED else self.statuses.get(kind, 400)
            return status, document | members

        return Dialect(
            self.service,
            reads_forms=False,
            error=tell,
            error_model=AwsFault,
            media_type=self.media_type,
            kind_header="x-amzn-errortype",
            id_header="x-amzn-requestid",
        )

    def _kind(self, error: ServiceError, invalid: str, too_large: str) -> str:
        if isinstance(error, AwsRefusal):
            return error.kind
        if isinstance(error, Forbidden):
            return ACCESS_DENIED
        if isinstance(error, NotFound):
            return self.not_found
        if isinstance(error, LimitExceeded):
            return too_large
        if isinstance(error, InvalidRequest):
            return invalid
        return self.unavailable if error.retryable else self.failed


def not_covered(
    name: str, path: str, kind: str, dialect: Dialect, instead: str, target: str | None = None
) -> Operation:
    """A row for an operation of AWS's that is not served: it says so, as that operation would.

    Args:
        name: of the operation; at the end of a target that takes all, what stands for them.
        path: of its route.
        kind: name of the error.
        dialect: of the service.
        instead: what there is in its place.
        target: of the header ``X-Amz-Target``.
    """

    def refuse(_: Any, requests: Any) -> list[Outcome]:
        detail = f"{name} is not served here: docs/migrate.md lists what is. {instead}".strip()
        return [AwsRefusal(kind, detail) for _ in requests]

    return Operation(
        name,
        path,
        AnyBody,
        AwsAnswer,
        refuse,
        "Say that it is not served.",
        dialect=replace(dialect, reads_any=True),
        target=target,
    )
