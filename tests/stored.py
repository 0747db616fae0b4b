"""What workers kept of jobs, as tests compare it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shared.queue.jobs import get_job_store
from shared.queue.whereabouts import JobKey


class Stored(NamedTuple):
    """A job's status, and its result or the problem that its last delivery met."""

    status: str
    body: Mapping[str, Any]


def stored_jobs(job_ids: Sequence[str]) -> dict[str, Stored]:
    """Jobs that are known, by id."""
    found = {}
    for job_id in job_ids:
        job = get_job_store().read(job_id)
        if job is not None:
            body = job.result if job.failure is None or job.result else job.failure.problem
            found[job_id] = Stored(job.status, body)
    return found


def job_key(job_id: str, body: str = "", service: str = "test", operation: str = "/half") -> JobKey:
    """The key of a job."""
    return JobKey.of(service, operation, job_id, body)
