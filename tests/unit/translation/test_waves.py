"""A batch's requests a few at a time: the time that one takes is not its neighbours'."""

import pytest

from functions.translation import waves
from functions.translation.schemas import TranslateRequest
from functions.translation.service import get_service
from functions.translation.translator import Translator
from shared.errors import DeadlineNear
from shared.process import deadline


class Clock:
    """Of an invocation that is stopped 30 s after its start."""

    def __init__(self, monkeypatch):
        self.now_s = 0.0
        monkeypatch.setattr("time.monotonic", lambda: self.now_s)
        deadline.start_invocation(self)

    def get_remaining_time_in_millis(self):
        return 30_000


@pytest.fixture
def clock(monkeypatch):
    yield Clock(monkeypatch)
    deadline.start_invocation(None)


def request(characters, word="shoes "):
    return TranslateRequest(text=(word * characters)[:characters], source="en", target="de")


def test_small_requests_come_first_and_few_at_once():
    sizes = [6_000, 10, 9_000, 3_000]
    assert list(waves.waves([request(size) for size in sizes])) == [[1, 3, 0], [2]]


def test_what_would_not_end_in_time_goes_back_alone(clock):
    runs = []

    def translate(some):
        runs.append(len(some))
        clock.now_s += sum(len(one.text) for one in some) / 500  # 2 ms a character
        return ["done"] * len(some)

    sizes = [8_000, 20, 9_000, 500]
    outcomes = waves.in_waves([request(size) for size in sizes], translate)
    assert outcomes[:2] == ["done", "done"]
    assert isinstance(outcomes[2], DeadlineNear)
    assert outcomes[3] == "done"
    assert runs == [3]


def test_a_few_characters_whose_model_had_to_be_opened_say_little_of_many(clock):
    def translate(some):
        clock.now_s += 1.5
        return ["done"] * len(some)

    assert waves.in_waves([request(10_000), request(2)], translate) == ["done", "done"]


def test_a_request_whose_time_is_up_leaves_its_neighbours_their_answers(clock, monkeypatch):
    get_service()

    def run(self, texts, beams, best):
        deadline.check_deadline()  # as every run of a model does
        clock.now_s += sum(map(len, texts)) / 10
        return [[] for _ in texts]

    monkeypatch.setattr(Translator, "_run", run)
    slow = TranslateRequest(texts=["Red shoes and lamps. " * 60] * 40, source="en", target="de")
    quick = [request(20), request(30)]
    first, second, third = get_service().translate([quick[0], slow, quick[1]])
    assert first.translations
    assert third.translations
    assert isinstance(second, DeadlineNear)
