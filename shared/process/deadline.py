"""How long the current invocation may still run.

Lambda stops a function at its timeout wherever it is. A model run that would not end in time is
not begun: its request fails at once, retryable, and what was not begun is not paid for.
"""

import time
from contextvars import ContextVar
from typing import Any

from shared.errors import DeadlineNear

RESERVE_MS = 500  # to tell the caller, and to write down what is done
WITHOUT_CONTEXT_MS = 30_000  # of an invocation outside Lambda

_deadline_s: ContextVar[float | None] = ContextVar("deadline_s", default=None)


def start_invocation(context: Any) -> None:
    """Remember when the invocation with this Lambda context will be stopped."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    _deadline_s.set(time.monotonic() + remaining() / 1e3 if remaining else None)


def remaining_ms() -> int:
    """Milliseconds until the current invocation is stopped; 30,000 where nothing stops it."""
    deadline_s = _deadline_s.get()
    if deadline_s is None:
        return WITHOUT_CONTEXT_MS
    return max(0, int((deadline_s - time.monotonic()) * 1e3))


def check_deadline() -> None:
    """Refuse to begin what might not end in time.

    Raises:
        DeadlineNear: fewer than `RESERVE_MS` are left.
    """
    deadline_s = _deadline_s.get()
    if deadline_s is not None:
        left_ms = (deadline_s - time.monotonic()) * 1e3
        if left_ms < RESERVE_MS:
            raise DeadlineNear(max(0.0, left_ms))
