"""Requests that are answered by way of the queue."""

import json

import pytest

from shared.errors import (
    InvalidRequest,
    MalformedJson,
    NotFound,
    StoreUnavailable,
    UnsupportedMedia,
)
from shared.http.messages import FORM
from shared.http.respond_async import JOBS_PATH, job_status, respond_async
from shared.queue.jobs import get_job_store
from shared.queue.queues import SqliteQueue, get_job_queue
from tests.halving import DIALECT, PATH, Halver, answer_ok, halve_row, halving, request_of, run
from tests.stored import job_key


def ask(body=b'{"number": 4}', prefer="respond-async", service=None, **fields):
    service = service or halving(Halver())
    request = request_of(body, service, headers={"prefer": prefer}, **fields)
    return run(respond_async(request, answer_ok))


@pytest.mark.parametrize(
    ("prefer", "status"),
    [
        ("respond-async", 202),
        ("Respond-Async", 202),
        ("wait=5, respond-async", 202),
        ("respond-async; wait=5", 202),
        ("respond-async=1", 202),
        ("", 200),
        ("return=minimal", 200),
        ("no-respond-async", 200),
        ("respond-asynchronously", 200),
    ],
)
def test_it_is_asked_for_by_a_preference(prefer, status):
    assert ask(prefer=prefer).status == status


def test_what_is_no_row_is_answered_at_once():
    request = request_of(headers={"prefer": "respond-async"})
    assert run(respond_async(request, answer_ok)).status == 200


def test_the_answer_says_where_the_job_is_and_its_message_what_it_asks():
    response = ask()
    job = json.loads(response.body)
    assert job["status"] == "queued"
    assert response.headers["location"] == JOBS_PATH + job["id"]
    assert response.headers["preference-applied"] == "respond-async"
    (message,) = get_job_queue("halving").receive(10)
    assert json.loads(message.body) == {"number": 4}
    assert message.attributes == {"job_id": job["id"], "operation": PATH}


@pytest.mark.parametrize(
    ("body", "error"), [(b"{", MalformedJson), (b'{"number": "x"}', InvalidRequest)]
)
def test_what_does_not_fit_is_refused_at_once(body, error):
    with pytest.raises(error):
        ask(body)
    assert get_job_queue("halving").waiting() == 0


def test_a_form_is_refused():
    service = halving(Halver(), halve_row("/halves", dialect=DIALECT))
    with pytest.raises(UnsupportedMedia, match="JSON"):
        ask(b"number=2", service=service, media_type=FORM)


def test_a_job_that_could_not_be_queued_is_not_known(monkeypatch):
    sent = []

    def refuse(self, body, attributes):
        sent.append(attributes["job_id"])
        raise StoreUnavailable("Away.")

    monkeypatch.setattr(SqliteQueue, "send", refuse)
    with pytest.raises(StoreUnavailable):
        ask()
    assert get_job_store().read(sent[0]) is None


def test_a_job_is_told_from_queued_to_its_end():
    store = get_job_store()
    with pytest.raises(NotFound):
        job_status("a")
    store.queue(job_key("a"))
    assert job_status("a").model_dump() == {"id": "a", "status": "queued"}
    store.claim([job_key("a")], 60_000)
    assert job_status("a").status == "running"
    store.succeed({job_key("a"): {"half": 2.0}})
    assert job_status("a").model_dump() == {
        "id": "a",
        "status": "succeeded",
        "result": {"half": 2.0},
    }


def test_a_failed_job_tells_why():
    store = get_job_store()
    store.queue(job_key("b"))
    store.claim([job_key("b")], 60_000)
    store.fail(job_key("b"), InvalidRequest("odd"), attempt=1)
    job = job_status("b")
    assert (job.status, job.problem["detail"], job.result) == ("failed", "odd", None)
