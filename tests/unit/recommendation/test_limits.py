import pytest

from functions.recommendation.event_requests import MAX_EVENTS, EventsRequest
from functions.recommendation.limits import (
    MAX_AHEAD_S,
    check_events,
    check_history,
    check_reranked,
    check_times,
    warn_of_old,
)
from functions.recommendation.schemas import (
    MAX_HISTORY,
    MAX_RERANKED,
    RecommendationRequest,
    RerankRequest,
)
from shared.errors import InvalidRequest, LimitExceeded
from shared.settings import get_settings

ITEM = {"item_id": "a"}
EVENT = {"user_id": "ann", "item_id": "a"}


def history(count: int) -> RecommendationRequest:
    return RecommendationRequest(history=[ITEM] * count)


def reranked_history(count: int) -> RerankRequest:
    return RerankRequest(history=[ITEM] * count, item_ids=["a"])


def reranked(count: int) -> RerankRequest:
    return RerankRequest(item_ids=[f"i{n}" for n in range(count)])


def events(count: int) -> EventsRequest:
    return EventsRequest(events=[EVENT] * count)


CASES = [
    (check_history, history, MAX_HISTORY, "history events", "/history"),
    (check_history, reranked_history, MAX_HISTORY, "history events", "/history"),
    (check_reranked, reranked, MAX_RERANKED, "items", "/item_ids"),
    (check_events, events, MAX_EVENTS, "events", "/events"),
]


@pytest.mark.parametrize(("check", "make", "allowed", "limit", "pointer"), CASES)
def test_each_limit_has_a_name_a_place_and_a_hint(check, make, allowed, limit, pointer):
    check(make(allowed))
    check(make(1))
    with pytest.raises(LimitExceeded) as raised:
        check(make(allowed + 1))
    assert raised.value.extensions == {
        "limit": limit,
        "allowed": allowed,
        "received": allowed + 1,
        "pointer": pointer,
    }
    assert f"at most {allowed:,} are allowed. S" in raised.value.detail  # Send, Split


def test_one_event_is_within_the_limit():
    check_events(EventsRequest(event=EVENT))


def test_no_history_is_within_the_limit():
    check_history(RecommendationRequest())


@pytest.mark.parametrize("several", [True, False])
def test_an_event_of_the_future_is_refused(several):
    def of(timestamp):
        event = {"user_id": "ann", "item_id": "a", "timestamp": timestamp}
        return EventsRequest.model_validate({"events": [event]} if several else {"event": event})

    check_times(of(1_000), now_s=1_000 - MAX_AHEAD_S)
    with pytest.raises(InvalidRequest) as raised:
        check_times(of(1_000.5), now_s=1_000 - MAX_AHEAD_S)
    pointer = "/events/0/timestamp" if several else "/event/timestamp"
    assert raised.value.extensions["errors"][0]["pointer"] == pointer


def test_an_event_older_than_events_are_kept_is_told(monkeypatch):
    monkeypatch.setenv("HISTORY_TTL_S", str(2 * 86_400))
    get_settings.cache_clear()
    now_s = 1_000_000_000
    times = [now_s - 2 * 86_400, now_s - 2 * 86_400 - 1, 0, None]
    events = [EVENT | ({} if time is None else {"timestamp": time}) for time in times]
    (warning,) = warn_of_old(EventsRequest.model_validate({"events": events}), now_s)
    assert "2 of 4 are dated more than 2 days ago" in warning
    assert warn_of_old(EventsRequest.model_validate({"events": events[::3]}), now_s) == []
