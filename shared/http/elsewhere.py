"""Routes of other products' dialects whose rows are imported when a request comes for one."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from shared.operations import Operation, Service

TARGET = "x-amz-target"  # the header that names an operation where several share a path


class Found(NamedTuple):
    """An operation of a table elsewhere.

    Attributes:
        parameters: what the path says for the names in the operation's path.
    """

    service: Service
    operation: Operation
    parameters: dict[str, str]


class Elsewhere:
    """Finds rows by method, path and target.

    Args:
        services: those that may have tables elsewhere.
    """

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = {part: service for service in services for part in service.elsewhere}

    def find(self, method: str, path: str, headers: Mapping[str, str]) -> Found | None:
        """The first row that takes such a request, if any."""
        part = path.split("/", 2)[1] if path.startswith("/") else path
        service = self._services.get(part)
        if service is None:
            return None
        target = headers.get(TARGET, "")
        for row in service.rows_at(part):
            if row.method == method and _takes(row.target, target):
                match = _pattern(row.path or "").fullmatch(path)
                if match:
                    return Found(service, row, match.groupdict())
        return None


def _takes(wanted: str | None, target: str) -> bool:
    """Whether a row's target is the request's, or the beginning of it."""
    if wanted is None or wanted == target:
        return True
    return wanted.endswith(".") and target.startswith(wanted)


@lru_cache(maxsize=64)
def _pattern(path: str) -> re.Pattern[str]:
    """An operation's path, each name in it standing for one part of a request's."""
    parts = re.split(r"\{(\w+)\}", path)
    return re.compile(
        "".join(
            f"(?P<{part}>[^/]+)" if place % 2 else re.escape(part)
            for place, part in enumerate(parts)
        )
    )
