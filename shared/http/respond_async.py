"""``Prefer: respond-async`` (RFC 7240): answer 202 now, and the request itself by way of the queue.

The body is checked against its schema at once; the worker runs it, and ``GET /v1/jobs/{id}`` tells
how far it is.
"""

import re
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote
from uuid import uuid4

from pydantic import BaseModel, Field

from shared.documents import read_json, text_of
from shared.errors import NotFound, ServiceError, UnsupportedMedia
from shared.http.messages import JSON, Next, Request, Response
from shared.http.permissions import check_users
from shared.problems import parse

JOBS_PATH = "/v1/jobs/"
_PREFERENCE = re.compile(r"(?:^|[,;])\s*respond-async\s*(?:$|[,;=])", re.IGNORECASE)


class JobStatus(BaseModel, defer_build=True):
    """How far a job is."""

    id: str
    status: Literal["queued", "running", "succeeded", "failed"]
    service: str | None = Field(
        None,
        exclude_if=lambda value: value is None,
        description="Whose job it is, where several have the id.",
    )
    operation: str | None = Field(
        None,
        exclude_if=lambda value: value is None,
        description="Path of the route that the job asks for, likewise.",
    )
    result: Any = Field(
        None,
        exclude_if=lambda value: value is None,
        description="Where it succeeded: what the request would have been answered with.",
    )
    problem: dict[str, Any] | None = Field(
        None,
        exclude_if=lambda value: value is None,
        description="Where it failed: why.",
    )


async def respond_async(request: Request, answer: Next) -> Response:
    """Put a request with ``Prefer: respond-async`` on its service's queue.

    Raises:
        MalformedJson: the body is not JSON.
        InvalidRequest: it does not fit the schema of its operation.
        Forbidden: it names users for whom its token does not let its bearer act.
        UnsupportedMedia: it is a form.
        StoreUnavailable: the job could not be queued.
    """
    if request.route is None or not is_later(request):
        return await answer(request)
    service, operation = request.route
    if service.posts.get(request.path) is not operation:  # which no queue's message can name
        return await answer(request)
    if not request.media_type.endswith("json"):
        raise UnsupportedMedia("With 'Prefer: respond-async' the body must be JSON.")
    check_users(operation, parse(operation.request, read_json(request.body)))
    job = submit(service.name, request.path, text_of(request.body), request.caller)
    headers = {
        "content-type": JSON,
        "location": JOBS_PATH + quote(job.id),
        "preference-applied": "respond-async",
    }
    return Response(HTTPStatus.ACCEPTED, job.model_dump_json().encode(), headers)


def is_later(request: Request) -> bool:
    """Whether a request prefers to be answered later."""
    return _PREFERENCE.search(request.headers.get("prefer", "")) is not None


def submit(service: str, operation: str, body: str, caller: str | None = None) -> JobStatus:
    """Queue a request that fits its schema.

    Args:
        service: whose queue.
        operation: path of its route.
        body: JSON.
        caller: who alone may ask for the answer; None where nothing tells callers apart.

    Raises:
        StoreUnavailable: the job could not be queued.
    """
    # boto3 and sqlite3, which requests that are answered at once do not need
    from shared.queue.jobs import get_job_store  # noqa: PLC0415
    from shared.queue.queues import get_job_queue  # noqa: PLC0415
    from shared.queue.whereabouts import JOB_ID, OPERATION, JobKey  # noqa: PLC0415

    job = JobKey.of(service, operation, str(uuid4()), body)
    store = get_job_store()
    store.queue(job, caller)
    try:
        get_job_queue(service).send(body, {JOB_ID: job.id, OPERATION: operation})
    except ServiceError:
        store.forget(job)
        raise
    return JobStatus(id=job.id, status="queued")


def job_status(
    job_id: str,
    caller: str | None = None,
    service: str | None = None,
    operation: str | None = None,
    *,
    own_only: bool = False,
) -> JobStatus:
    """How far a job is.

    Args:
        job_id: its id.
        caller: who asks.
        service: whose job is meant, where several have the id; the first one's where absent.
        operation: path of the route that is meant, likewise.
        own_only: whether jobs that no caller of the API queued are not told.

    Raises:
        NotFound: no job is known under this id, or none that this caller may see.
    """
    from shared.queue.jobs import get_job_store  # noqa: PLC0415

    job = get_job_store().read(job_id, caller, service, operation, own_only=own_only)
    if job is None:
        raise NotFound(
            "No job is known under this id, or none that you may see: it never was, or its result "
            "has expired. A message that another system sent is known from its first delivery on."
        )
    failed = job.status == "failed" and job.failure is not None
    return JobStatus(
        id=job.id,
        status=job.status,
        service=job.service or None,
        operation=job.operation or None,
        result=job.result,
        problem=dict(job.failure.problem) if failed and job.failure else None,
    )
