import json
from collections.abc import Sequence

import pytest
from pydantic import BaseModel

from shared.batch import sqs_handler
from shared.errors import InvalidRequest, StoreUnavailable, UnsupportedEvent
from shared.store import get_result_store


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


def event(*bodies: str) -> dict:
    records = [{"messageId": f"m{i}", "body": body} for i, body in enumerate(bodies)]
    return {"Records": records}


def failed(answer: dict) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


@pytest.fixture
def halver() -> Halver:
    return Halver()


@pytest.fixture
def worker(halver):
    return sqs_handler("halves", Question, halver, preload=list)


def numbers(*values: int) -> dict:
    return event(*(json.dumps({"number": value}) for value in values))


def test_a_whole_batch_is_one_call(worker, halver):
    assert failed(worker(numbers(2, 4, 6), None)) == []
    assert halver.calls == [[2, 4, 6]]
    assert get_result_store().get_many(["m1"])["m1"].body == {"half": 2.0}


def test_bad_json_and_bad_values_fail_alone(worker):
    answer = worker(event('{"number": 2}', "{", '{"number": "x"}', '{"number": 3}'), None)
    assert failed(answer) == ["m3", "m1", "m2"] or sorted(failed(answer)) == ["m1", "m2", "m3"]
    assert get_result_store().get_many(["m0"])["m0"].status == "succeeded"


def test_the_reason_of_a_failure_is_kept(worker):
    worker(event("{"), None)
    stored = get_result_store().get_many(["m0"])["m0"]
    assert stored.status == "failed"
    assert stored.body["type"].endswith("malformed-json")


def test_a_record_that_breaks_the_call_does_not_break_its_neighbours(worker, capsys):
    assert failed(worker(numbers(2, 13, 4), None)) == ["m1"]
    assert set(get_result_store().get_many(["m0", "m2"])) == {"m0", "m2"}
    assert "customer text" not in capsys.readouterr().out


def test_a_duplicate_is_answered_from_the_store(worker, halver):
    worker(numbers(2), None)
    assert failed(worker(numbers(2), None)) == []
    assert halver.calls == [[2]]


def test_a_failed_message_is_tried_again(worker, halver):
    worker(numbers(3), None)
    worker(numbers(3), None)
    assert halver.calls == [[3], [3]]


def test_a_retryable_error_is_not_stored(worker):
    assert failed(worker(numbers(99), None)) == ["m0"]
    assert get_result_store().get_many(["m0"]) == {}


def test_a_store_that_is_away_fails_every_record(worker, monkeypatch):
    class Away:
        def get_many(self, ids):
            raise StoreUnavailable("away")

    monkeypatch.setattr("shared.batch.get_result_store", Away)
    assert failed(worker(numbers(2, 4), None)) == ["m0", "m1"]


def test_an_event_without_records_is_refused(worker):
    with pytest.raises(UnsupportedEvent, match="SQS"):
        worker({"number": 2}, None)
