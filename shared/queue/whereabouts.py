"""Where a job's records are, by the id alone that a caller asks with.

A job is one service's, one operation's and one id's: another system may give one id, its ticket's
number, to several. The first delivery of each is noted here, and what the API queues at once.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from shared.settings import Settings
from shared.stores.records import Key, Records

# Attributes of a message that state its job's id and operation.
JOB_ID, OPERATION = "job_id", "operation"


@dataclass(frozen=True, slots=True)
class JobKey:
    """What a job is known by.

    Attributes:
        service: on whose queue its message is.
        operation: path of the route that it asks for.
        id: the message's own, or the one that it states.
        digest: of the body; one job has one body.
    """

    service: str
    operation: str
    id: str
    digest: str = ""

    @classmethod
    def of(cls, service: str, operation: str, id_: str, body: str) -> "JobKey":
        """The key of a job with this body."""
        return cls(
            service, operation, id_, sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
        )

    @property
    def record(self) -> Key:
        """Of its records in a store."""
        return {"key": f"{self.service}\0{self.operation}\0{self.id}", "payload": self.digest}


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What is known of an id.

    Attributes:
        places: service and operation of each job that has it, the first one first.
        caller: who alone may ask for it; None where anyone may who may call the API at all.
        queued_until: seconds since 1970-01-01 UTC until which a job without any other record waits
            on its queue; 0 for those of other systems, which are known from their first delivery.
    """

    places: Sequence[tuple[str, str]]
    caller: str | None = None
    queued_until: float = 0.0

    def find(self, job_id: str, service: str | None, operation: str | None) -> JobKey | None:
        """The first job that is of this service and operation, where they are given."""
        for place in self.places:
            if service in (None, place[0]) and operation in (None, place[1]):
                return JobKey(*place, job_id)
        return None

    def shown_to(self, caller: str | None) -> bool:
        """Whether a caller may ask; None is who may ask for every job."""
        return caller is None or self.caller in (None, caller)

    @property
    def waiting(self) -> bool:
        """Whether the message was sent and may not have come yet."""
        return time.time() < self.queued_until


class WhereaboutsStore:
    """Whereabouts by job id, kept as long as reasons of failures.

    Every method raises `StoreUnavailable` where the store does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._records = Records(settings, "whereabouts", settings.failures_ttl_s)

    def write(self, job_id: str, known: Whereabouts) -> None:
        """Keep them in place of what was known."""
        self._records.complete({"key": job_id}, _packed(known))

    def add(self, job: JobKey) -> None:
        """Note that a job has its id, unless that is known."""
        place = (job.service, job.operation)
        kept = self._records.add({"key": job.id}, _packed(Whereabouts([place])))
        known = Whereabouts([place]) if kept is None else _unpacked(kept)
        if place not in known.places:
            self.write(job.id, replace(known, places=(*known.places, place)))

    def forget(self, job_id: str) -> None:
        """Forget an id."""
        self._records.release({"key": job_id})

    def read(self, job_id: str) -> Whereabouts | None:
        """What is known of an id."""
        kept = self._records.read({"key": job_id})[1]
        return None if kept is None else _unpacked(kept)


def _packed(known: Whereabouts) -> dict[str, Any]:
    places = [list(place) for place in known.places]
    return {"places": places, "caller": known.caller, "queued_until": known.queued_until}


def _unpacked(kept: dict[str, Any]) -> Whereabouts:
    places = tuple((service, operation) for service, operation in kept["places"])
    return Whereabouts(places, kept["caller"], kept["queued_until"])
