"""The exception tree. Each class is one kind of answer a caller can get.

ServiceError
├── InvalidRequest        422  the request does not fit its schema
│   ├── MalformedJson     400  the body is not JSON at all
│   ├── LimitExceeded     422  a named limit; says what is allowed and what came
│   │   └── BodyTooLarge  413  the same for the bytes of the whole request
│   ├── KeyReused         422  an idempotency key came with another request before
│   ├── JobIdReused       422  a message's job id came with another body before
│   ├── AwsRefusal        422  of shared.aws_contract: AWS's service would refuse it by a name
│   ├── NotServed         422  of translation: no model reads or writes the language
│   ├── UnknownTerminology 422 of translation: no terminology has the name
│   ├── UnsupportedMedia  415  the body is declared as something other than JSON
│   └── UnsupportedEvent  400  an event that this handler does not take
├── Forbidden             403  the token does not let its bearer act for this user
├── NotFound              404
├── MethodNotAllowed      405
├── ModelError            500  the model cannot be served
│   ├── ModelMissing           a folder or file is not there
│   ├── ModelAltered           a file or an output is not what spec.json states
│   └── ModelNotKept           the cache of models has no room for it, or cannot be written
├── ResultTooLarge        500  an answer that the result store cannot hold
├── StillRunning          409  retryable: the same request is being answered right now
├── DeadlineNear          503  retryable: the function is about to be stopped
└── StoreUnavailable      503  retryable: a store or a queue did not answer
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

PROBLEM_TYPE_PREFIX = "urn:retail-inference:problem:"


class ServiceError(Exception):
    """An error with an answer for the caller.

    Attributes:
        code: stable identifier, the last part of the problem's ``type``.
        status: HTTP status.
        retryable: whether the same request may succeed later.
        detail: what was wrong, what is allowed, and how to fix it.
        extensions: further members of the problem document (RFC 9457, section 3.2).
        headers: of the HTTP response, with names in lower case.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str, **extensions: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extensions: Mapping[str, Any] = extensions
        self.headers: Mapping[str, str] = {"retry-after": "1"} if self.retryable else {}

    @property
    def public(self) -> "ServiceError":
        """What a caller is told: this error, unless its detail is for operators alone."""
        return self

    def problem(self, request_id: str | None = None) -> dict[str, Any]:
        """The RFC 9457 problem document of this error, for callers."""
        document: dict[str, Any] = {
            "type": PROBLEM_TYPE_PREFIX + self.code,
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.public.detail,
        }
        if request_id is not None:
            document["request_id"] = request_id
        return document | dict(self.extensions)


class InvalidRequest(ServiceError):
    code = "invalid-request"
    status = 422


class MalformedJson(InvalidRequest):
    code = "malformed-json"
    status = 400


class LimitExceeded(InvalidRequest):
    """A named limit was passed.

    Args:
        limit: its name, as in spec.json and in the API documentation.
        allowed: the largest value taken.
        received: what came.
        hint: how to split or shorten the request.
        pointer: RFC 6901 pointer to the offending part of the body.
    """

    code = "limit-exceeded"

    def __init__(
        self, limit: str, allowed: int, received: int, hint: str, pointer: str | None = None
    ) -> None:
        where = f" at {pointer}" if pointer else ""
        extensions: dict[str, Any] = {"limit": limit, "allowed": allowed, "received": received}
        if pointer:
            extensions["pointer"] = pointer
        super().__init__(
            f"{received:,} {limit}{where}; at most {allowed:,} are allowed. {hint}", **extensions
        )


class BodyTooLarge(LimitExceeded):
    code = "body-too-large"
    status = 413


class UnsupportedMedia(InvalidRequest):
    code = "unsupported-media"
    status = 415


class UnsupportedEvent(InvalidRequest):
    code = "unsupported-event"
    status = 400


class KeyReused(InvalidRequest):
    code = "idempotency-key-reused"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was sent with another request before. Send a new key with a new "
            "request, and the same key only to repeat the same one."
        )


class JobIdReused(InvalidRequest):
    """A job's id came with another body.

    Args:
        job_id: it.
    """

    code = "job-id-reused"

    def __init__(self, job_id: str) -> None:
        super().__init__(
            "This message's job id was sent to this operation with another body before, and that "
            "one was or is being run. Send a new id (attribute 'job_id') with a new body.",
            job_id=job_id,
        )


class Forbidden(ServiceError):
    code = "forbidden"
    status = 403


class NotFound(ServiceError):
    code = "not-found"
    status = 404


class MethodNotAllowed(ServiceError):
    """The path takes other methods.

    Args:
        allowed: they, as the Allow header lists them.
    """

    code = "method-not-allowed"
    status = 405

    def __init__(self, allowed: str) -> None:
        super().__init__("The path does not take this method; see the Allow header.")
        self.headers = {"allow": allowed}


class ModelError(ServiceError):
    """The model cannot be served; the detail names places, and is for the log."""

    code = "model-error"

    @property
    def public(self) -> ServiceError:
        """The same kind of error without its places."""
        return type(self)("The model cannot be served; the function's log tells why.")


class ModelMissing(ModelError):
    code = "model-missing"


class ModelAltered(ModelError):
    code = "model-altered"


class ModelNotKept(ModelError):
    code = "model-not-kept"


class ResultTooLarge(ServiceError):
    code = "result-too-large"

    def __init__(self, size_bytes: int, allowed_bytes: int) -> None:
        super().__init__(
            f"The answer has {size_bytes:,} bytes; the result table holds {allowed_bytes:,}. Ask "
            "for less in one request, or name a bucket for large results in RESULTS_BUCKET."
        )


class StillRunning(ServiceError):
    code = "still-running"
    status = 409
    retryable = True

    def __init__(self) -> None:
        super().__init__("The same request is being answered right now. Ask again for its answer.")


class DeadlineNear(ServiceError):
    code = "deadline-near"
    status = 503
    retryable = True

    def __init__(self, remaining_ms: float) -> None:
        super().__init__(
            f"The function is stopped in {remaining_ms:,.0f} ms, too soon for another model run. "
            "Send less in one request, or send it again."
        )


class StoreUnavailable(ServiceError):
    code = "store-unavailable"
    status = 503
    retryable = True
