import json
import threading
import time
from collections.abc import Sequence

import pytest
from pydantic import BaseModel

from shared.errors import DeadlineNear, InvalidRequest, StoreUnavailable, UnsupportedEvent
from shared.operations import Operation, Service
from shared.process.deadline import check_deadline
from shared.queue.handler import worker_handler
from shared.queue.jobs import JobStore, get_job_store
from shared.settings import get_settings
from tests.stored import job_key, stored_jobs


class Question(BaseModel):
    number: int


class Half(BaseModel):
    half: float


class Halver:
    """Answers numbers; odd ones are errors, 13 breaks the whole call, 99 finds the store away."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    def __call__(self, questions: Sequence[Question]) -> list[Half | InvalidRequest]:
        numbers = [question.number for question in questions]
        self.calls.append(numbers)
        if 13 in numbers:
            raise RuntimeError("broken by customer text 13")
        if 99 in numbers:
            raise StoreUnavailable("try later")
        return [Half(half=n / 2) if n % 2 == 0 else InvalidRequest("odd") for n in numbers]


def double(questions: Sequence[Question]) -> list[Half]:
    return [Half(half=question.number * 2) for question in questions]


def row(path, answer, request=Question):
    """An operation that gives its requests to ``answer``."""
    sample = {"number": 2}
    return Operation(path, path, request, Half, lambda _, asked: answer(asked), "", sample)


def worker_of(*rows):
    return worker_handler(Service("test", "", "", object, rows), preload=list)


def event(*bodies: str) -> dict:
    records = [{"messageId": f"m{i}", "body": body} for i, body in enumerate(bodies)]
    return {"Records": records}


M0 = job_key("m0", '{"number": 2}')


def failed(answer: dict) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


@pytest.fixture
def halver() -> Halver:
    return Halver()


@pytest.fixture
def worker(halver):
    return worker_of(row("/half", halver), row("/double", double))


def numbers(*values: int) -> dict:
    return event(*(json.dumps({"number": value}) for value in values))


def test_a_whole_batch_is_one_call(worker, halver):
    assert failed(worker(numbers(2, 4, 6), None)) == []
    assert halver.calls == [[2, 4, 6]]
    assert stored_jobs(["m1"])["m1"] == ("succeeded", {"half": 2.0})


def test_bad_json_and_bad_values_fail_alone(worker):
    answer = worker(event('{"number": 2}', "{", '{"number": "x"}', '{"number": 3}'), None)
    assert failed(answer) == ["m1", "m2", "m3"]
    assert stored_jobs(["m0"])["m0"].status == "succeeded"


def test_the_reason_of_a_failure_is_kept(worker):
    worker(event("{"), None)
    stored = stored_jobs(["m0"])["m0"]
    assert stored.status == "failed"
    assert stored.body["type"].endswith("malformed-json")


def test_a_record_that_breaks_the_call_does_not_break_its_neighbours(worker, capsys):
    assert failed(worker(numbers(2, 13, 4), None)) == ["m1"]
    assert {job.status for job in stored_jobs(["m0", "m2"]).values()} == {"succeeded"}
    assert "customer text" not in capsys.readouterr().out


def test_a_duplicate_is_answered_from_the_store(worker, halver):
    worker(numbers(2), None)
    assert failed(worker(numbers(2), None)) == []
    assert halver.calls == [[2]]


def test_a_failed_message_is_tried_again(worker, halver):
    worker(numbers(3), None)
    worker(numbers(3), None)
    assert halver.calls == [[3], [3]]


def with_attempt(message: dict, attempt: int) -> dict:
    records = [
        record | {"attributes": {"ApproximateReceiveCount": str(attempt)}}
        for record in message["Records"]
    ]
    return {"Records": records}


def test_an_error_that_may_pass_leaves_the_job_queued_until_the_last_delivery(worker, halver):
    statuses = []
    for attempt in (1, 2, 3):
        assert failed(worker(with_attempt(numbers(99), attempt), None)) == ["m0"]
        statuses.append(stored_jobs(["m0"])["m0"].status)
    assert statuses == ["queued", "queued", "failed"]
    assert halver.calls == [[99]] * 3


def test_an_error_that_may_pass_is_not_tried_again_one_by_one(worker, halver):
    assert failed(worker(numbers(2, 99), None)) == ["m0", "m1"]
    assert halver.calls == [[2, 99]]


def test_a_store_that_is_away_fails_every_record(worker, monkeypatch):
    def away(self, job_ids, lease_ms):
        raise StoreUnavailable("away")

    monkeypatch.setattr(JobStore, "claim", away)
    assert failed(worker(numbers(2, 4), None)) == ["m0", "m1"]


def test_a_result_that_cannot_be_kept_fails_its_record_alone(worker, monkeypatch):
    store = get_job_store()
    complete = store._outcomes.complete

    def refuse(key, body):
        if body == {"half": 2.0}:
            raise StoreUnavailable("away")
        complete(key, body)

    monkeypatch.setattr(store._outcomes, "complete", refuse)
    assert failed(worker(numbers(2, 4), None)) == ["m1"]
    assert stored_jobs(["m0"])["m0"].status == "succeeded"


def test_a_reason_that_cannot_be_kept_still_fails_the_record(worker, monkeypatch):
    def refuse(self, job_id, error, attempt):
        raise StoreUnavailable("away")

    monkeypatch.setattr(JobStore, "fail", refuse)
    assert failed(worker(numbers(3, 2), None)) == ["m0"]


def record(message_id: str, number: int, **attributes: str) -> dict:
    told = {name: {"dataType": "String", "stringValue": v} for name, v in attributes.items()}
    body = json.dumps({"number": number})
    return {"messageId": message_id, "body": body, "messageAttributes": told}


def test_a_message_may_state_its_own_job_id(worker):
    assert failed(worker({"Records": [record("m0", 2, job_id="mine")]}, None)) == []
    assert set(stored_jobs(["m0", "mine"])) == {"mine"}


def test_messages_of_one_job_in_one_batch_run_once_and_fail_together(worker, halver):
    records = [record("m0", 3, job_id="mine"), record("m1", 3, job_id="mine"), record("m2", 2)]
    assert failed(worker({"Records": records}, None)) == ["m0", "m1"]
    assert halver.calls == [[3, 2]]


def test_a_message_names_its_operation(worker):
    records = [
        record("m0", 2),
        record("m1", 2, operation="/double"),
        record("m2", 2, operation="/"),
    ]
    assert failed(worker({"Records": records}, None)) == ["m2"]
    stored = stored_jobs(["m0", "m1", "m2"])
    assert [stored[id_].body.get("half") for id_ in ("m0", "m1")] == [1.0, 4.0]
    assert "/half, /double" in stored["m2"].body["detail"]


class Ending:
    """A Lambda context with so many milliseconds left."""

    aws_request_id = "ending"

    def __init__(self, remaining_ms: int) -> None:
        self._until = time.monotonic() + remaining_ms / 1e3

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._until - time.monotonic()) * 1e3))


def test_a_delivery_waits_for_the_one_that_runs_and_does_not_run_again(worker, halver):
    get_job_store().claim([M0], lease_ms=20_000)
    other = threading.Timer(0.5, lambda: get_job_store().succeed({M0: {"half": 1.0}}))
    other.start()
    try:
        assert failed(worker(numbers(2, 4), Ending(10_000))) == []
    finally:
        other.join()
    assert halver.calls == [[4]]


def test_a_delivery_takes_over_from_one_that_died(worker, halver):
    get_job_store().claim([M0], lease_ms=400)
    assert failed(worker(numbers(2), Ending(10_000))) == []
    assert halver.calls == [[2]]


def test_a_delivery_whose_time_is_up_leaves_the_running_one_alone(worker, halver):
    get_job_store().claim([M0], lease_ms=20_000)
    assert failed(worker(numbers(2, 4), Ending(900))) == ["m0"]
    assert halver.calls == [[4]]
    assert get_job_store().read("m0").status == "running"


def test_without_time_no_model_runs_and_the_reason_is_kept():
    def run(questions):
        check_deadline()
        raise AssertionError("the model ran")

    worker = worker_of(row("/half", run))
    assert failed(worker(numbers(2), Ending(300))) == ["m0"]
    stored = stored_jobs(["m0"])["m0"]
    assert stored.status == "queued"
    assert stored.body["type"].endswith(DeadlineNear.code)


class TimedQuestion(Question):
    _sent_at: float | None = None

    def was_sent(self, at_s: float) -> None:
        self._sent_at = at_s


def test_a_request_is_told_when_its_message_was_sent_whichever_delivery_it_is():
    seen = []

    def see(questions):
        seen.extend(question._sent_at for question in questions)
        return [Half(half=0.0) for _ in questions]

    worker = worker_of(row("/half", see, TimedQuestion))
    sent = record("m0", 1) | {"attributes": {"SentTimestamp": "1700000000123"}}
    worker({"Records": [sent, record("m1", 1)]}, None)
    assert seen == [1_700_000_000.123, None]


def test_an_event_without_records_is_refused(worker):
    with pytest.raises(UnsupportedEvent, match="SQS"):
        worker({"number": 2}, None)


def test_one_id_on_two_queues_and_for_two_operations_is_a_job_each():
    first = worker_of(row("/half", Halver()), row("/double", double))
    other = worker_handler(Service("other", "", "", object, [row("/double", double)]), list)
    assert failed(first({"Records": [record("m0", 2, job_id="ticket")]}, None)) == []
    named = record("m1", 2, job_id="ticket", operation="/double")
    assert failed(first({"Records": [named]}, None)) == []
    assert failed(other({"Records": [record("m2", 4, job_id="ticket")]}, None)) == []
    read = get_job_store().read
    assert read("ticket").result == {"half": 1.0}
    assert read("ticket", operation="/double").result == {"half": 4.0}
    found = read("ticket", service="other")
    assert (found.result, found.service, found.operation) == ({"half": 8.0}, "other", "/double")
    assert read("ticket", service="none") is None


@pytest.mark.parametrize("together", [True, False])
def test_another_body_under_a_used_id_fails_with_its_reason_and_the_first_stays(
    worker, halver, together
):
    records = [record("m0", 2, job_id="ticket"), record("m1", 4, job_id="ticket")]
    batches = [records] if together else [[one] for one in records]
    answers = [failed(worker({"Records": batch}, None)) for batch in batches]
    assert [id_ for answer in answers for id_ in answer] == ["m1"]
    assert halver.calls == [[2]]
    assert stored_jobs(["ticket"])["ticket"] == ("succeeded", {"half": 1.0})
    reason = stored_jobs(["m1"])["m1"]
    assert (reason.status, reason.body["status"]) == ("failed", 422)
    assert reason.body["type"].endswith(":job-id-reused")


def test_a_corrected_body_may_use_the_id_of_one_that_failed(worker, halver):
    assert failed(worker({"Records": [record("m0", 3, job_id="ticket")]}, None)) == ["m0"]
    assert failed(worker({"Records": [record("m1", 4, job_id="ticket")]}, None)) == []
    assert stored_jobs(["ticket"])["ticket"] == ("succeeded", {"half": 2.0})


def test_a_message_larger_than_a_request_may_be_fails_alone(worker, halver):
    large = event('{"number": 2}', '{"number": 4' + " " * get_settings().max_body_bytes + "}")
    assert failed(worker(large, None)) == ["m1"]
    assert stored_jobs(["m1"])["m1"].body["type"].endswith(":body-too-large")
    assert halver.calls == [[2]]
