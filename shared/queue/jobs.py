"""Jobs: requests that are answered later, and what became of them.

A job is a message on a service's queue, sent by the API (``Prefer: respond-async``) or by another
system. Its id is the message's, or the one that the message states in its attribute ``job_id``.
What came of it is one record; why it last failed is another, which outlives the message's stay in
the dead-letter queue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from shared.errors import ServiceError
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
    """How far a job is; ``result`` where it succeeded, ``failure`` where it last failed."""

    id: str
    status: Status
    result: Any = None
    failure: Failure | None = None


class JobStore:
    """What is known of jobs, in the store that the settings name.

    Every method raises `StoreUnavailable` where the store does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._max_receives = settings.max_receives
        self._outcomes = Records(settings, "job", settings.results_ttl_s)
        self._failures = Records(settings, "failure", settings.failures_ttl_s)

    def queue(self, job_id: str) -> None:
        """Make a job known before its message is sent."""
        self._outcomes.claim(_key(job_id), lease_ms=0)

    def forget(self, job_id: str) -> None:
        """Take back `queue`, where the message could not be sent."""
        self._outcomes.release(_key(job_id))

    def claim(self, job_ids: Sequence[str], lease_ms: int) -> dict[str, Claim]:
        """Become the one who runs these jobs, for ``lease_ms``, where nobody else does or did."""
        claims = self._outcomes.each(
            lambda job_id: self._outcomes.claim(_key(job_id), lease_ms)[0], job_ids
        )
        return dict(zip(job_ids, claims, strict=True))

    def succeed(self, results: Mapping[str, Any]) -> dict[str, ServiceError]:
        """Keep results, by job id.

        Returns:
            Per job whose result could not be kept, the error that it alone met.
        """

        def keep(item: tuple[str, Any]) -> ServiceError | None:
            try:
                self._outcomes.complete(_key(item[0]), item[1])
            except ServiceError as error:
                return error
            return None

        errors = self._outcomes.each(keep, list(results.items()))
        return {id_: error for id_, error in zip(results, errors, strict=True) if error}

    def fail(self, job_id: str, error: ServiceError, attempt: int) -> None:
        """Keep why a job failed, and let its next delivery run."""
        failure = {
            "problem": error.problem(job_id),
            "attempt": attempt,
            "final": not error.retryable or attempt >= self._max_receives,
        }
        self._failures.complete(_key(job_id), failure)
        self._outcomes.release(_key(job_id))

    def failure(self, job_id: str) -> Failure | None:
        """Why a job last failed, if it ever did."""
        state, found = self._failures.read(_key(job_id))
        return Failure(**found) if state == "done" else None

    def read(self, job_id: str) -> Job | None:
        """How far a job is; None where none is known under this id."""
        state, result = self._outcomes.read(_key(job_id))
        if state == "done":
            return Job(job_id, "succeeded", result)
        failure = self.failure(job_id)
        if state == "running":
            return Job(job_id, "running", failure=failure)
        if failure is not None and failure.final:
            return Job(job_id, "failed", failure=failure)
        if state == "waiting" or failure is not None:
            return Job(job_id, "queued", failure=failure)
        return None


def _key(job_id: str) -> Key:
    return {"key": job_id}


@lru_cache(maxsize=1)
def get_job_store() -> JobStore:
    """The store that the settings name."""
    return JobStore(get_settings())
