"""The named limits of the service. Each error says what came and how to split it."""

from functions.recommendation.event_requests import MAX_EVENTS, EventsRequest
from functions.recommendation.schemas import (
    MAX_HISTORY,
    MAX_RERANKED,
    RecommendationRequest,
    RerankRequest,
)
from shared.errors import InvalidRequest, LimitExceeded
from shared.settings import get_settings

MAX_AHEAD_S = 300  # of clocks that are not quite right
DAY_S = 86_400


def check_history(request: RecommendationRequest | RerankRequest) -> None:
    """Check the number of events of a request.

    Raises:
        LimitExceeded: there are more than `MAX_HISTORY`.
    """
    count = len(request.history)
    if count > MAX_HISTORY:
        hint = "Send the newest ones."
        raise LimitExceeded("history events", MAX_HISTORY, count, hint, "/history")


def check_reranked(request: RerankRequest) -> None:
    """Check the number of items to rank.

    Raises:
        LimitExceeded: there are more than `MAX_RERANKED`.
    """
    count = len(request.item_ids)
    if count > MAX_RERANKED:
        hint = f"Split the list into requests of at most {MAX_RERANKED}; scores can be compared."
        raise LimitExceeded("items", MAX_RERANKED, count, hint, "/item_ids")


def check_events(request: EventsRequest) -> None:
    """Check the number of events to record.

    Raises:
        LimitExceeded: there are more than `MAX_EVENTS`.
    """
    count = len(request.all_events)
    if count > MAX_EVENTS:
        hint = f"Split the list into requests of at most {MAX_EVENTS}."
        raise LimitExceeded("events", MAX_EVENTS, count, hint, "/events")


def check_times(request: EventsRequest, now_s: float) -> None:
    """Check that no event is of the future, whose history would not change until then.

    Args:
        request: its events.
        now_s: seconds since 1970-01-01 UTC.

    Raises:
        InvalidRequest: one is dated more than `MAX_AHEAD_S` later.
    """
    for place, event in enumerate(request.all_events):
        if event.timestamp is not None and event.timestamp > now_s + MAX_AHEAD_S:
            pointer = "/event/timestamp" if request.event else f"/events/{place}/timestamp"
            detail = (
                f"must be at most {MAX_AHEAD_S} seconds later than now; send the time at which the "
                "event was, in seconds since 1970-01-01 UTC, or none"
            )
            errors = [{"pointer": pointer, "detail": detail}]
            raise InvalidRequest(f"{pointer}: {detail}", errors=errors)


def warn_of_old(request: EventsRequest, now_s: float) -> list[str]:
    """Warnings of events that were longer ago than events are kept, which is seldom meant.

    Args:
        request: its events.
        now_s: seconds since 1970-01-01 UTC.
    """
    kept_s = get_settings().history_ttl_s
    times = [event.timestamp for event in request.all_events]
    old = sum(time is not None and time < now_s - kept_s for time in times)
    if not old:
        return []
    days = f"{kept_s / DAY_S:,.4g} days"
    message = (
        f"events: {old} of {len(times)} are dated more than {days} ago, which is as long as events "
        f"are kept; recorded all the same, for {days} from now. If that is not meant, check that "
        "timestamps are seconds since 1970-01-01 UTC."
    )
    return [message]
