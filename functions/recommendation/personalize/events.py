"""What users did, recorded for Amazon Personalize's clients."""

import json

from functions.recommendation.event_requests import EventsRequest
from functions.recommendation.personalize.names import kind_of
from functions.recommendation.personalize.shapes import Event, PutEventsRequest
from functions.recommendation.service import RecommendationService
from shared.aws_contract import AwsAnswer
from shared.errors import InvalidRequest
from shared.http.permissions import acts_for_all
from shared.problems import parse

EVENTS_SCOPE = "events:write"


def put_events(service: RecommendationService, request: PutEventsRequest) -> AwsAnswer:
    """Keep events for the recommendations that follow: of a user, or of a session without one.

    A session's events become those of the user with whom it comes, unless a shopper's own token
    brings both: it could name the session of another one.

    Raises:
        InvalidRequest: one is of an unknown type, names no item, or is of the future.
        StoreUnavailable: the store does not answer.
    """
    joins = request.user_id is None or acts_for_all(EVENTS_SCOPE)
    events = [
        {
            "user_id": request.user_id,
            "session_id": request.session_id if joins else None,
            "item_id": _item(event),
            "event": kind,
            "timestamp": event.sent_at,
            "event_id": event.event_id,
            "recommendation_id": event.recommendation_id,
        }
        for event in request.event_list
        if (kind := kind_of(event.event_type)) is not None
    ]
    if events:
        service.record(parse(EventsRequest, {"events": events}))
    return AwsAnswer({})


def _item(event: Event) -> str:
    """The item of an event, which earlier clients name among its properties."""
    if event.item_id is not None:
        return event.item_id
    try:
        properties = json.loads(event.properties or "{}")
    except ValueError:
        raise InvalidRequest("/eventList: 'properties' is not JSON.") from None
    item_id = properties.get("itemId") if isinstance(properties, dict) else None
    if not isinstance(item_id, str):
        raise InvalidRequest(
            "/eventList: an event names no item. Give 'itemId', or set its type to null in "
            "names.json, so that it is not kept."
        )
    return item_id
