import pytest

from functions.intent.dialogue import take_context, unknown_slots
from functions.intent.schemas import Abstention, Context, IntentResult, Scored, Slot


def result(intent: str | None = None, *slots: Slot) -> IntentResult:
    abstained = None if intent else Abstention(reason="out_of_scope", detail="")
    scored = Scored(name=intent, confidence=0.9) if intent else None
    return IntentResult(intent=scored, alternatives=[], abstained=abstained, slots=list(slots))


def slot(name: str, text: str, start: int = 0) -> Slot:
    return Slot(name=name, text=text, start=start, end=start + len(text), confidence=0.8)


def asking(name: str | None = "order_number") -> Context:
    return Context(intent="cancel_order", asked_slot=name)


def test_the_asked_slot_gives_the_context_s_intent():
    answer = result(None, slot("order_number", "48213"))
    take_context("48213", answer, asking())
    assert (answer.intent.name, answer.intent.confidence) == ("cancel_order", 0.8)
    assert answer.abstained is None
    assert answer.about == "cancel_order"


def test_a_value_of_another_kind_becomes_what_was_asked_for():
    answer = result(None, slot("phone", "48213"))
    take_context("48213", answer, asking())
    assert [x.name for x in answer.slots] == ["order_number"]


def test_a_short_answer_without_a_mark_is_the_slot():
    answer = result()
    take_context("  the blue one ", answer, asking("product"))
    (found,) = answer.slots
    assert (found.text, found.start, found.end) == ("the blue one", 2, 14)


@pytest.mark.parametrize("name", ["affirm", "deny"])
def test_yes_and_no_are_about_the_context_s_intent(name):
    answer = result(name)
    take_context("yes", answer, asking(None))
    assert (answer.intent.name, answer.about) == (name, "cancel_order")


def test_another_clear_wish_stays_itself():
    answer = result("track_order")
    take_context("where is my parcel", answer, asking())
    assert (answer.intent.name, answer.about) == ("track_order", None)


@pytest.mark.parametrize("text", ["word " * 9, "hm"])
def test_nothing_is_read_into_what_was_not_asked_for(text):
    answer = result()
    take_context(text, answer, asking(None))
    assert answer.intent is None
    if len(text.split()) > 8:
        take_context(text, answer, asking())
        assert answer.intent is None


def test_of_a_model_without_slots_none_is_unknown():
    context = Context(intent="cancel_order", slots={"mine": "1"}, asked_slot="other")
    assert unknown_slots(context, set()) == []
    assert len(unknown_slots(context, {"order_number"})) == 2
