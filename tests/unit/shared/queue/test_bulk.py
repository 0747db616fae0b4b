import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from shared.errors import (
    InvalidRequest,
    LimitExceeded,
    ModelMissing,
    ServiceError,
    StoreUnavailable,
)
from shared.operations import Operation, Service
from shared.queue.bulk import MAX_ANSWER_BYTES, bulk_answer
from shared.settings import get_settings

BROKEN, AWAY, NO_MODEL = 13, 99, 77


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int
    factor: int = 1
    long: int = 0


class Answer(BaseModel):
    number: int
    filling: str


class Multiplier:
    """Odd numbers are errors; 13 breaks the whole call, 99 finds the store away, 77 no model."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    def __call__(self, questions: Sequence[Question]) -> list[Answer | ServiceError]:
        numbers = [question.number for question in questions]
        self.calls.append(numbers)
        if BROKEN in numbers:
            raise RuntimeError("broken by customer text")
        return [self._one(question) for question in questions]

    def _one(self, question: Question) -> Answer | ServiceError:
        if question.number == AWAY:
            return StoreUnavailable("try later")
        if question.number == NO_MODEL:
            return ModelMissing("no model")
        if question.number % 2:
            return InvalidRequest("odd")
        return Answer(number=question.number * question.factor, filling="ä" * question.long)


def batch(*requests, defaults=None, start=0):
    items = [{"index": start + place, "request": r} for place, r in enumerate(requests)]
    return {"Items": items, "BatchInput": {"request": defaults or {}}}


def service_of(handle):
    """A service whose only operation calls ``handle`` with the requests."""
    row = Operation(
        "multiply", "/multiply", Question, Answer, lambda _, requests: handle(requests), "Multiply."
    )
    return Service("test", "", "", object, (row,))


def answer(event, handle=None):
    return bulk_answer(event, service_of(handle or Multiplier()))["results"]


def numbers(*values):
    return batch(*({"number": value} for value in values))


def statuses(results):
    return [result["status"] for result in results]


def test_a_batch_is_one_call_and_its_results_are_in_order():
    handle = Multiplier()
    results = answer(numbers(2, 4, 6), handle)
    assert handle.calls == [[2, 4, 6]]
    assert [result["line"] for result in results] == [1, 2, 3]
    assert [result["result"]["number"] for result in results] == [2, 4, 6]


def test_the_line_and_the_id_say_whose_a_result_is():
    results = answer(batch({"id": "a", "number": 2}, {"id": 7, "number": 3}, start=40))
    assert [(r["line"], r["id"], r["status"]) for r in results] == [
        (41, "a", "succeeded"),
        (42, 7, "failed"),
    ]
    assert "id" not in answer(batch({"number": 2}))[0]
    assert "id" not in answer(batch({"number": 2, "id": None}))[0]


def test_a_line_may_leave_out_what_the_job_gives_and_may_differ_from_it():
    results = answer(batch({"number": 2}, {"number": 2, "factor": 5}, defaults={"factor": 3}))
    assert [result["result"]["number"] for result in results] == [6, 10]


def test_a_batch_needs_no_defaults():
    assert statuses(answer({"Items": [{"index": 0, "request": {"number": 2}}]})) == ["succeeded"]


@pytest.mark.parametrize("line", [None, 1, "text", [], True, {"number": "x"}, {"unknown": 1}, {}])
def test_what_is_wrong_with_a_line_is_told_in_its_place(line):
    before, bad, after = answer(batch({"number": 2}, line, {"number": 4}))
    assert statuses([before, bad, after]) == ["succeeded", "failed", "succeeded"]
    assert bad["line"] == 2
    assert bad["problem"]["type"].endswith(":invalid-request")


@pytest.mark.parametrize("bad", [True, 1.5, [], {}, "x" * 257, "\ud800"])
def test_an_id_that_cannot_be_given_back_fails_its_line(bad):
    (result,) = answer(batch({"id": bad, "number": 2}))
    assert "/id: must be text" in result["problem"]["detail"]
    assert "id" not in result


def test_an_unexpected_error_fails_one_line_and_quotes_nobody(capfd):
    results = answer(numbers(2, BROKEN, 4))
    assert statuses(results) == ["succeeded", "failed", "succeeded"]
    assert results[1]["problem"]["status"] == 500
    assert "customer" not in json.dumps(results)
    assert "customer" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(("number", "error"), [(AWAY, StoreUnavailable), (NO_MODEL, ModelMissing)])
def test_what_concerns_the_whole_batch_is_raised(number, error):
    with pytest.raises(error):
        answer(numbers(2, number, 4))


def test_an_error_that_may_pass_is_not_looked_for_line_by_line():
    calls = []

    def away(questions):
        calls.append(len(questions))
        raise StoreUnavailable("try later")

    with pytest.raises(StoreUnavailable):
        answer(numbers(2, 4), away)
    assert calls == [2]


@pytest.mark.parametrize("event", [{}, {"Items": {}}, {"Items": [{"request": {}}]}, {"Items": [1]}])
def test_an_event_that_is_no_batch_is_refused(event):
    with pytest.raises(InvalidRequest, match="Items"):
        bulk_answer(event, service_of(Multiplier()))


def test_an_empty_batch_has_no_results():
    handle = Multiplier()
    assert answer(batch(), handle) == []
    assert handle.calls == []


def size_bytes(results):
    return len(json.dumps({"results": results}, ensure_ascii=False).encode())


def test_the_largest_answers_fail_where_all_are_too_much():
    lines = [{"number": 2, "long": length, "id": length} for length in (10, 90_000, 50_000, 20)]
    results = answer(batch(*lines))
    assert statuses(results) == ["succeeded", "failed", "succeeded", "succeeded"]
    problem = results[1]["problem"]
    assert results[1]["id"] == 90_000
    assert problem["limit"] == "bytes of answers in one batch"
    assert problem["received"] > problem["allowed"] == MAX_ANSWER_BYTES
    assert "batch_size" in problem["detail"]


def test_more_lines_than_a_batch_can_tell_of_are_refused_as_a_whole():
    with pytest.raises(LimitExceeded, match="batch_size"):
        answer(numbers(*[2] * 5_000))


IDS = st.none() | st.integers() | st.text(max_size=20)
LINES = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"number": st.integers(0, 20), "long": st.sampled_from([0, 10, 40_000, 100_000])},
            optional={"id": IDS, "factor": st.integers()},
        ),
        st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=4),
        st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    ),
    max_size=12,
)


@given(LINES, st.integers(0, 10**6))
def test_every_line_has_one_result_in_its_place_however_its_neighbours_are(lines, start):
    results = answer(batch(*lines, start=start))
    assert [result["line"] for result in results] == list(range(start + 1, start + len(lines) + 1))
    assert size_bytes(results) <= MAX_ANSWER_BYTES + 100
    for line, result in zip(lines, results, strict=True):
        (alone,) = answer({"Items": [{"index": result["line"] - 1, "request": line}]})
        if result.get("problem", {}).get("limit") is None:
            assert result == alone
        else:
            assert len(json.dumps(alone)) > len(json.dumps(result))


def test_a_line_may_be_no_larger_than_a_body():
    large = {"number": 4, "more": "x" * get_settings().max_body_bytes}
    fits, fails = answer(batch({"number": 2}, large))
    assert fits["status"] == "succeeded"
    assert fails["problem"]["type"].endswith(":body-too-large")
