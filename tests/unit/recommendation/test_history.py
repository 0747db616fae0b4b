from functions.recommendation.event_requests import EventsRequest
from functions.recommendation.history import user_events
from functions.recommendation.schemas import QueueMessage

NOW = 1_700_000_000.0
SENT = 1_699_999_000.25


def request(*events: dict) -> EventsRequest:
    return EventsRequest(events=[{"user_id": "ann", **event} for event in events])


def message(*events: dict, sent_at: float) -> EventsRequest:
    found = QueueMessage(request(*events))
    found.was_sent(sent_at)
    return found.root


UNTIMED = [{"item_id": "a"}, {"item_id": "b", "event": "cart"}, {"item_id": "a"}]


def test_an_event_is_what_was_sent():
    (event,) = user_events(
        request({"item_id": "a", "event": "cart", "timestamp": 5, "event_id": "e"}), NOW
    )
    assert (event.user_id, event.item_id, event.event) == ("ann", "a", "cart")
    assert (event.timestamp, event.event_id) == (5, "e")


def test_without_a_time_events_are_new_apart_and_in_order():
    events = user_events(request(*UNTIMED), NOW)
    times = [event.timestamp for event in events]
    assert times == sorted(times)
    assert NOW == times[0] < times[2] < NOW + 0.001
    keys = [event.key for event in events]
    assert keys == sorted(set(keys))


def test_another_delivery_of_a_message_is_the_same_events():
    first, second = (user_events(message(*UNTIMED, sent_at=SENT), NOW + n) for n in (0, 60))
    assert first == second
    assert first[0].timestamp == SENT


def test_another_message_is_other_events():
    first, second = (user_events(message(*UNTIMED, sent_at=SENT + n), NOW) for n in (0, 1))
    assert not {event.key for event in first} & {event.key for event in second}


def test_a_time_that_is_stated_holds_whenever_the_message_was_sent():
    events = user_events(message({"item_id": "a", "timestamp": 7}, *UNTIMED, sent_at=SENT), NOW)
    assert events[0].timestamp == 7
    assert events[1].timestamp > SENT
