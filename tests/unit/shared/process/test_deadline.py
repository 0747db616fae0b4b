import time

import pytest

from shared.errors import DeadlineNear
from shared.process.deadline import (
    RESERVE_MS,
    WITHOUT_CONTEXT_MS,
    check_deadline,
    remaining_ms,
    start_invocation,
)


class Context:
    def __init__(self, remaining_ms: int) -> None:
        self._remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:
        return self._remaining_ms


@pytest.fixture(autouse=True)
def without_deadline():
    yield
    start_invocation(None)


def test_nothing_stops_what_runs_outside_lambda():
    start_invocation(object())
    check_deadline()
    assert remaining_ms() == WITHOUT_CONTEXT_MS


def test_the_time_that_is_left_shrinks():
    start_invocation(Context(2_000))
    check_deadline()
    time.sleep(0.05)
    assert 1_500 < remaining_ms() < 1_960


def test_what_would_not_end_in_time_is_not_begun():
    start_invocation(Context(RESERVE_MS + 60))
    check_deadline()
    time.sleep(0.1)
    with pytest.raises(DeadlineNear) as caught:
        check_deadline()
    assert caught.value.retryable
    assert caught.value.status == 503


def test_time_that_is_over_is_no_negative_time():
    start_invocation(Context(-20))
    assert remaining_ms() == 0
    with pytest.raises(DeadlineNear, match="in 0 ms"):
        check_deadline()
