"""Jobs: requests that are answered later, and what became of them.

A job is a message on a service's queue, sent by the API (``Prefer: respond-async``) or by another
system. Its id is the message's, or the one that the message states in its attribute ``job_id``; a
job is known by service, operation and id, and has one body (`shared.queue.whereabouts`). What came
of it is one record; why it last failed is another, which outlives the message's stay in the
dead-letter queue.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from shared.errors import JobIdReused, KeyReused, ServiceError
from shared.queue.whereabouts import JobKey, Whereabouts, WhereaboutsStore
from shared.settings import Settings, get_settings
from shared.stores.records import Claim, Key, Records

Status = Literal["queued", "running", "succeeded", "failed"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed.

    Attributes:
        problem: the problem document.
        attempt: which delivery of its message it was.
        final: whether no further one can succeed or will come.
    """

    problem: Mapping[str, Any]
    attempt: int
    final: bool


@dataclass(frozen=True, slots=True)
class Job:
    """How far a job is; ``result`` where it succeeded, ``failure`` where it last failed.

    Attributes:
        service: whose it is, where several jobs have its id; empty otherwise.
        operation: path of the route that it asks for, likewise.
    """

    id: str
    status: Status
    result: Any = None
    failure: Failure | None = None
    service: str = ""
    operation: str = ""


class JobStore:
    """What is known of jobs, in the store that the settings name.

    Every method raises `StoreUnavailable` where the store does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._max_receives = settings.max_receives
        self._ttl_s = settings.results_ttl_s
        self._outcomes = Records(settings, "job", settings.results_ttl_s, validated=True)
        self._failures = Records(settings, "failure", settings.failures_ttl_s)
        self._whereabouts = WhereaboutsStore(settings)

    def queue(self, job: JobKey, caller: str | None = None) -> None:
        """Make a job known before its message is sent; to ``caller`` alone, where one is given."""
        place = (job.service, job.operation)
        known = Whereabouts([place], caller, time.time() + self._ttl_s)
        self._whereabouts.write(job.id, known)

    def forget(self, job: JobKey) -> None:
        """Take back `queue`, where the message could not be sent."""
        self._whereabouts.forget(job.id)

    def claim(self, jobs: Sequence[JobKey], lease_ms: int) -> dict[JobKey, Claim | JobIdReused]:
        """Become the one who runs these jobs, for ``lease_ms``, where nobody else does or did.

        Returns:
            Per job whose it is; an error where its id stands for another body already.
        """
        claims = self._outcomes.each(lambda job: self._claim(job, lease_ms), jobs)
        return dict(zip(jobs, claims, strict=True))

    def _claim(self, job: JobKey, lease_ms: int) -> Claim | JobIdReused:
        self._whereabouts.add(job)  # before the claim, which would stand where this fails
        try:
            return self._outcomes.claim(job.record, lease_ms)[0]
        except KeyReused:
            return JobIdReused(job.id)

    def succeed(self, results: Mapping[JobKey, Any]) -> dict[JobKey, ServiceError]:
        """Keep results, by job.

        Returns:
            Per job whose result could not be kept, the error that it alone met.
        """

        def keep(item: tuple[JobKey, Any]) -> ServiceError | None:
            try:
                self._outcomes.complete(item[0].record, item[1])
            except ServiceError as error:
                return error
            return None

        errors = self._outcomes.each(keep, list(results.items()))
        return {job: error for job, error in zip(results, errors, strict=True) if error}

    def fail(self, job: JobKey, error: ServiceError, attempt: int) -> None:
        """Keep why a job failed, and let its next delivery run."""
        self._keep_reason(job, error, attempt)
        self._outcomes.release(job.record)

    def refuse(self, job: JobKey, error: ServiceError, attempt: int) -> None:
        """Keep why a message is not run whose id is another job's.

        ``job`` has the message's own id instead, so that nothing of the other one's is touched.
        """
        self._keep_reason(job, error, attempt)
        self._whereabouts.add(job)

    def _keep_reason(self, job: JobKey, error: ServiceError, attempt: int) -> None:
        failure = {
            "problem": error.problem(job.id),
            "attempt": attempt,
            "final": not error.retryable or attempt >= self._max_receives,
        }
        self._failures.complete(job.record, failure)

    def failure(
        self, job_id: str, service: str | None = None, operation: str | None = None
    ) -> Failure | None:
        """Why the first job of this id, service and operation last failed, if it ever did."""
        known = self._whereabouts.read(job_id)
        if known is None:  # as versions before 0.3 kept it
            return self._failure({"key": job_id})
        found = known.find(job_id, service, operation)
        return self._failure(found.record) if found else None

    def _failure(self, record: Key) -> Failure | None:
        state, found = self._failures.read(record)
        return Failure(**found) if state == "done" else None

    def read(
        self,
        job_id: str,
        caller: str | None = None,
        service: str | None = None,
        operation: str | None = None,
        *,
        own_only: bool = False,
    ) -> Job | None:
        """How far a job is.

        Args:
            job_id: several jobs may have it.
            caller: who asks; None for who may see every job.
            service: whose job is meant; the first one's where absent.
            operation: which is meant; the first one where absent.
            own_only: whether jobs that another system put on a queue are not told.

        Returns:
            None where no such job is known that this caller may see.
        """
        known = self._whereabouts.read(job_id)
        if known is None:  # as versions before 0.3 kept it
            return None if own_only else self._read(job_id, {"key": job_id}, queued=False)
        if own_only and known.caller is None:
            return None
        found = known.find(job_id, service, operation) if known.shown_to(caller) else None
        if found is None:
            return None
        job = self._read(job_id, found.record, queued=known.waiting)
        if job is None or len(known.places) == 1:
            return job
        return replace(job, service=found.service, operation=found.operation)

    def _read(self, job_id: str, record: Key, *, queued: bool) -> Job | None:
        state, result = self._outcomes.read(record)
        if state == "done":
            return Job(job_id, "succeeded", result)
        failure = self._failure(record)
        if state == "running":
            return Job(job_id, "running", failure=failure)
        if failure is not None and failure.final:
            return Job(job_id, "failed", failure=failure)
        if queued or state == "waiting" or failure is not None:
            return Job(job_id, "queued", failure=failure)
        return None


@lru_cache(maxsize=1)
def get_job_store() -> JobStore:
    """The store that the settings name."""
    return JobStore(get_settings())
