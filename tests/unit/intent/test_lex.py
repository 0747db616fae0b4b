"""A turn of a dialogue, whatever model it is that reads it."""

import pytest

from functions.intent.lex.shapes import DialogAction, Intent, SessionState
from functions.intent.lex.turns import request_of, turn_of
from functions.intent.schemas import Abstention, IntentResult, Scored, Slot

NEEDS = {"return_item": ["order_number", "item"], "track_order": []}


def result(intent=None, slots=(), alternatives=("refund",)):
    found = [
        Slot(name=name, text=text, start=0, end=len(text), value=value, confidence=0.9)
        for name, text, value in slots
    ]
    return IntentResult(
        intent=Scored(name=intent, confidence=0.8) if intent else None,
        alternatives=[Scored(name=name, confidence=0.1) for name in alternatives],
        abstained=None if intent else Abstention(reason="out_of_scope", detail=""),
        slots=found,
    )


def asked(**slots):
    """The dialogue after a slot of a return was asked for."""
    turn = turn_of(
        result("return_item", [(n, v, None) for n, v in slots.items()]), SessionState(), NEEDS
    )
    return SessionState(intent=turn.intent, dialog_action=turn.action)


def test_needed_slots_are_asked_for_one_after_the_other():
    state = asked()
    assert state.intent.slots == {"order_number": None, "item": None}
    assert state.intent.state == "InProgress"
    assert state.dialog_action.slot_to_elicit == "order_number"
    state = asked(order_number="48213")
    assert state.dialog_action.slot_to_elicit == "item"
    turn = turn_of(result("return_item", [("item", "shoes", None)]), state, NEEDS)
    assert (turn.intent.state, turn.action.type) == ("ReadyForFulfillment", "Close")
    values = {name: slot.value.interpreted_value for name, slot in turn.intent.slots.items()}
    assert values == {"order_number": "48213", "item": "shoes"}


def test_a_slot_has_its_words_and_its_plain_value():
    turn = turn_of(
        result("track_order", [("date", "tomorrow", "2026-11-29")]), SessionState(), NEEDS
    )
    assert turn.intent.slots["date"].written() == {
        "value": {
            "originalValue": "tomorrow",
            "interpretedValue": "2026-11-29",
            "resolvedValues": ["2026-11-29"],
        },
        "shape": "Scalar",
    }


def test_several_values_are_a_list():
    slots = [("item", "shoes", None), ("item", "a hat", None)]
    slot = turn_of(result("return_item", slots), SessionState(), NEEDS).intent.slots["item"]
    assert slot.shape == "List"
    assert [it.value.interpreted_value for it in slot.values] == ["shoes", "a hat"]
    state = SessionState(intent=Intent(name="return_item", slots={"item": slot}))
    assert request_of("hi", "en_US", state).context.slots == {"item": "shoes"}


def test_another_wish_leaves_what_was_known():
    turn = turn_of(result("track_order"), asked(order_number="48213"), NEEDS)
    assert (turn.intent.name, turn.intent.slots) == ("track_order", {})
    turn = turn_of(result(), asked(order_number="48213"), NEEDS)
    assert (turn.intent.name, turn.intent.slots) == ("FallbackIntent", {})


def test_an_intent_that_was_fulfilled_does_not_lend_its_slots():
    state = asked(order_number="48213")
    state.intent.state = "Fulfilled"
    assert turn_of(result("return_item"), state, NEEDS).intent.slots["order_number"] is None
    assert request_of("hi", "en_US", state).context is None


@pytest.mark.parametrize(
    ("said", "state", "confirmation"),
    [("affirm", "ReadyForFulfillment", "Confirmed"), ("deny", "Failed", "Denied")],
)
def test_what_was_to_be_confirmed_is(said, state, confirmation):
    before = asked(order_number="48213", item="shoes")
    before.dialog_action = DialogAction(type="ConfirmIntent")
    intent = turn_of(result(said), before, NEEDS).intent
    assert (intent.name, intent.state) == ("return_item", state)
    assert (intent.confirmation_state, intent.slots) == (confirmation, before.intent.slots)


def test_other_words_are_no_confirmation():
    before = asked()
    before.dialog_action = DialogAction(type="ConfirmIntent")
    assert turn_of(result("track_order"), before, NEEDS).intent.name == "track_order"
    assert turn_of(result("affirm"), asked(), NEEDS).intent.name == "affirm"


def test_interpretations_are_at_most_five_and_name_the_fallback_once():
    many = result("return_item", alternatives=("a", "b", "c", "d"))
    names = [it["intent"]["name"] for it in turn_of(many, SessionState(), NEEDS).interpretations]
    assert names == ["return_item", "FallbackIntent", "a", "b", "c"]
    none = turn_of(result(), SessionState(), NEEDS).interpretations
    assert [it["intent"]["name"] for it in none] == ["FallbackIntent", "refund"]
    assert "nluConfidence" not in none[0]


def test_the_locale_tells_the_country():
    assert request_of("hi", "de_AT", SessionState()).country == "AT"
    assert request_of("hi", "es_419", SessionState()).country is None
    assert request_of("hi", "de", SessionState()).country is None


def test_what_is_asked_goes_along():
    context = request_of("48213", "en_US", asked()).context
    assert (context.intent, context.asked_slot, context.slots) == (
        "return_item",
        "order_number",
        {},
    )
    state = asked(order_number="48213")
    state.dialog_action = DialogAction(type="Delegate")
    context = request_of("hi", "en_US", state).context
    assert (context.asked_slot, context.slots) == (None, {"order_number": "48213"})
