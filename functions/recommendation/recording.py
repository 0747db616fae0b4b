"""Keeping what shoppers did: their events, whose they are, and which answers they came from."""

import time
from collections.abc import Sequence

from functions.recommendation.counts import hour_of
from functions.recommendation.event_requests import Event, EventsRequest
from functions.recommendation.history import HistoryStore, user_events
from functions.recommendation.limits import check_events, check_times, warn_of_old
from functions.recommendation.model import RecommendationModel
from functions.recommendation.outcomes import BY_EVENT, Credit, get_outcome_store
from functions.recommendation.owners import session_key, user_key
from functions.recommendation.recommendation_ids import was_recommended
from functions.recommendation.responses import EventsResponse
from functions.recommendation.shopper import not_in_catalogue
from functions.recommendation.trending import Trending
from shared.errors import StoreUnavailable
from shared.process.telemetry import measure, note, span


def record(
    request: EventsRequest, store: HistoryStore, model: RecommendationModel, trending: Trending
) -> EventsResponse:
    """Keep events, join sessions to their users, and count what came of recommendations.

    Raises:
        LimitExceeded: there are too many.
        InvalidRequest: one is of the future.
        StoreUnavailable: the store does not answer; sending all again does no harm where they have
            timestamps.
    """
    check_events(request)
    now_s = time.time()
    check_times(request, now_s)
    events = user_events(request, now_s)
    note(events=len(events))
    ids = dict.fromkeys(event.item_id for event in events)
    unknown = [item_id for item_id in ids if model.row(item_id) is None]
    warnings = warn_of_old(request, now_s)
    if unknown:
        warnings.append(not_in_catalogue("events", unknown, "kept, but not used by this model"))
    with span("history"):
        recorded = store.record(events)
        joined = _join(request.all_events, store)
    trending.forget({hour_of(event.timestamp) for event in events})
    warnings += _credit(request.all_events)
    return EventsResponse(
        recorded=recorded,
        duplicates=len(events) - recorded,
        joined=joined or None,
        warnings=warnings,
    )


def _join(events: Sequence[Event], store: HistoryStore) -> int:
    """Give users what they did in a session before it was known whose it is; how many events."""
    pairs = {
        (session_key(event.session_id), user_key(event.user_id)): None
        for event in events
        if event.session_id is not None and event.user_id is not None
    }
    return sum(store.move(session, user) for session, user in pairs)


def _credit(events: Sequence[Event]) -> list[str]:
    """Count events of recommended items; warnings of what cannot be counted."""
    given = [event for event in events if event.recommendation_id is not None]
    if not given:
        return []
    credits_ = [
        Credit(event.recommendation_id, event.item_id, event.event)
        for event in given
        if event.recommendation_id and was_recommended(event.recommendation_id, event.item_id)
    ]
    warnings = []
    if len(credits_) < len(given):
        warnings.append(
            f"recommendation_id: of {len(given)} events {len(given) - len(credits_)} name an "
            "answer that did not have their item: kept, but not counted for it."
        )
    try:
        with span("outcomes"):
            counts = get_outcome_store().credit(credits_) if credits_ else {}
    except StoreUnavailable as error:  # the events are kept: sent again, they would not be new
        return [*warnings, f"recommendation_id: not counted. {error.detail}"]
    for event, count in counts.items():
        measure(BY_EVENT[event], count)
    return warnings
