import pytest

from tests.expectations import (
    EVENT_NAMES,
    EXPECTED,
    check_answer,
    check_stored,
    handler_of,
    load_event,
)
from tests.stored import stored_jobs


def test_every_event_has_an_expectation():
    assert sorted(EXPECTED) == EVENT_NAMES


@pytest.mark.parametrize("name", EVENT_NAMES)
def test_event_through_its_handler(name, handler, context):
    event = load_event(name)
    check_answer(name, handler(handler_of(name))(event, context))
    ids = [record["messageId"] for record in event.get("Records", [])]
    stored = stored_jobs([*ids, *EXPECTED[name].get("stored", {})])
    check_stored(name, {job_id: dict(result.body) for job_id, result in stored.items()})
    for message_id in EXPECTED[name].get("failures", []):
        assert stored[message_id].status == "failed"
        assert stored[message_id].body["status"] == 400
