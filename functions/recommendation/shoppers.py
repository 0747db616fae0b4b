"""What is kept of a shopper: read for a recommendation, told whole, and deleted."""

from functions.recommendation.history import HistoryStore, UserEvent
from functions.recommendation.owners import owner_key, session_key, user_key
from functions.recommendation.responses import ErasureResponse, KeptEvent, ShopperResponse
from functions.recommendation.schemas import ErasureRequest, ShopperErasure, ShopperRequest
from functions.recommendation.wanted import Personal
from shared.process.telemetry import span


def stored_events(request: Personal, store: HistoryStore, count: int) -> list[UserEvent]:
    """The newest events of the request's user, then those of its session, each oldest first.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    keys = [] if request.user_id is None else [user_key(request.user_id)]
    keys += [] if request.session_id is None else [session_key(request.session_id)]
    if not keys:
        return []
    with span("history"):
        return [event for key in keys for event in store.newest(key, count)]


def read_shopper(request: ShopperRequest, store: HistoryStore) -> ShopperResponse:
    """All that is kept of a shopper, a page at a time.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    key = session_key(request.user_id) if request.session else user_key(request.user_id)
    with span("history"):
        events, last = store.page(key, request.limit, request.before)
    kept = [KeptEvent(item_id=e.item_id, event=e.event, timestamp=e.timestamp) for e in events]
    return ShopperResponse(user_id=request.user_id, events=kept, next=last)


def erase_shopper(request: ErasureRequest | ShopperErasure, store: HistoryStore) -> ErasureResponse:
    """Delete all that is kept of a shopper.

    Raises:
        DeadlineNear: some is left; sending the request again goes on.
        StoreUnavailable: the store does not answer; likewise.
    """
    user_id = None if request.session_id is not None else request.user_id
    with span("history"):
        return ErasureResponse(erased=store.erase(owner_key(user_id, request.session_id)))
