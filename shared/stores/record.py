"""What both stores of records keep, and what either of them must do.

A record has the fields, and an item of the table the attributes, that aws-lambda-powertools'
idempotency gives them; its package is not used because importing any of it imports boto3, which no
store here needs.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

Status = Literal["INPROGRESS", "COMPLETED"]
RUNNING: Status = "INPROGRESS"
DONE: Status = "COMPLETED"


@dataclass(frozen=True, slots=True)
class Record:
    """A piece of work that must be done once.

    Attributes:
        key: of the work.
        status: whether it runs or is done.
        expires_at: when the record may be forgotten, in seconds since 1970.
        lease_ends_ms: when another may run it, in milliseconds since 1970; None where it is done.
        data: what came of it, as JSON; empty where it runs.
        payload_hash: what the key stands for; empty where that is not asked.
    """

    key: str
    status: Status
    expires_at: int
    lease_ends_ms: int | None = None
    data: str = ""
    payload_hash: str = ""

    def makes_room_for(self, other: "Record", now_ms: int) -> bool:
        """Whether its lease ran out, so that ``other`` may run the same payload."""
        ended = self.lease_ends_ms is not None and self.lease_ends_ms < now_ms
        return self.status == RUNNING and ended and self.payload_hash == other.payload_hash


class RecordStore(Protocol):
    """Where records are. Every method raises `StoreUnavailable` where the store does not answer."""

    def get(self, key: str) -> Record | None:
        """The record of a key, which may have expired; None where there is none."""

    def add(self, record: Record) -> Record | None:
        """Write it unless one that has not expired nor makes room is there: that one."""

    def complete(self, record: Record) -> None:
        """Write a record that is done in the place of what is there."""

    def delete(self, key: str) -> None:
        """Forget a key."""
