"""JSON documents by name, beside the results of jobs: in DynamoDB, or in SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.errors import StillRunning
from shared.settings import Settings
from shared.stores.records import Records

LEASE_MS = 10_000  # of one change: who dies in it keeps others waiting no longer


class Documents:
    """One kind of documents in the store that the settings name.

    Every method raises `StoreUnavailable` where the store does not answer.

    Args:
        settings: of the process.
        kind: what the documents are of; names of different kinds never meet.
        ttl_s: seconds that a document is kept after it was last written.
    """

    def __init__(self, settings: Settings, kind: str, ttl_s: int) -> None:
        self._records = Records(settings, kind, ttl_s)
        self._changes = Records(settings, f"{kind}-changes", ttl_s)

    def read(self, name: str) -> Any:
        """The document of a name, None where there is none."""
        state, document = self._records.read({"key": name})
        return document if state == "done" else None

    def write(self, name: str, document: Any) -> None:
        """Keep a document, in place of one that has its name.

        Raises:
            ResultTooLarge: the table cannot hold it and no bucket is named.
        """
        self._records.complete({"key": name}, document)

    def remove(self, name: str) -> None:
        """Forget the document of a name, if there is one."""
        self._records.release({"key": name})

    @contextmanager
    def changing(self, name: str) -> Iterator[None]:
        """Alone change a document, from reading to writing it.

        Raises:
            StillRunning: another one is changing it.
        """
        claim, _ = self._changes.claim({"key": name}, LEASE_MS)
        if claim != "mine":
            raise StillRunning
        try:
            yield
        finally:
            self._changes.release({"key": name})
