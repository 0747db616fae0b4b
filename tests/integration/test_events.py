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


def test_services_have_no_job_ids_in_common():
    """One store has the jobs of all services: a second one's job would be done already."""
    services: dict[str, set[str]] = {}
    for name, expected in EXPECTED.items():
        services.setdefault(name.partition("_")[0], set()).update(expected.get("stored", {}))
    job_ids = [job_id for found in services.values() for job_id in found]
    assert job_ids
    assert sorted(set(job_ids)) == sorted(job_ids)


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
