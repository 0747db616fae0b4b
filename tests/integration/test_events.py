import pytest

from shared.store import get_result_store
from tests.expectations import (
    EVENT_NAMES,
    EXPECTED,
    check_answer,
    handler_of,
    load_event,
    outcomes,
)


def test_every_event_has_an_expectation():
    assert sorted(EXPECTED) == EVENT_NAMES


@pytest.mark.parametrize("name", EVENT_NAMES)
def test_event_through_its_handler(name, handler, context):
    answer = handler(handler_of(name))(load_event(name), context)
    check_answer(name, answer)
    for message_id, intents in EXPECTED[name].get("stored", {}).items():
        stored = get_result_store().get_many([message_id])[message_id]
        assert outcomes(stored.body) == intents
    for message_id in EXPECTED[name].get("failures", []):
        stored = get_result_store().get_many([message_id])[message_id]
        assert stored.status == "failed"
        assert stored.body["status"] == 400
