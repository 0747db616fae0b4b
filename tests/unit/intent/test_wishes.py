import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intent.decision import Rule
from functions.intent.verdicts import judge
from functions.intent.wishes import MOST_PLACES, apart_of, divide, places, told_apart

CANCEL, RETURN, OUTSIDE = 0, 1, 2
RULE = Rule(1.0, 0.5, 0.1, OUTSIDE, two_wishes=0.8, denied=0.5)


APART = apart_of(("cancel", "return", "outside"), "outside", "")
NAMES = ("cancel", "return", "hello", "refund")


def rows(*classes: int) -> np.ndarray:
    """Probabilities of parts, each of which is clearly of one class."""
    return np.full((len(classes), 3), 0.05, np.float32) + 0.85 * np.eye(3)[list(classes)]


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("please cancel it, and close my account", "and close my account"),
        ("i forgot my password. also, where is it?", "also, where is it?"),
        ("do u take klarna how fast is it", "how fast is it"),
        ("Wo ist mein Paket, wie kündige ich?", "wie kündige ich?"),
        ("quels sont vos horaires et vous livrez ici ?", "et vous livrez ici ?"),
        ("¿dónde está mi pedido? también la factura", "también la factura"),
    ],
)
def test_a_second_wish_may_begin_where_words_say_so(text, second):
    assert second in [text[at:] for at in places(text)]


@pytest.mark.parametrize("text", ["", "cancel", "and then", "stop it and", "a. b. c."])
def test_what_is_too_short_for_two_is_not_divided(text):
    assert places(text) == []


def test_no_more_places_are_tried_than_a_request_can_afford():
    assert len(places("one two, " * 200)) == MOST_PLACES


@given(st.text(max_size=300))
def test_every_place_leaves_two_parts_of_words(text):
    for at in places(text):
        assert min(len(text[:at].split()), len(text[at:].split())) >= 2


def test_the_surest_division_is_taken():
    unsure = np.full((2, 3), 1 / 3, np.float32)
    wishes = divide([5, 9], np.concatenate([unsure, rows(CANCEL, RETURN)]), APART)
    assert (wishes.intents, wishes.at) == ((CANCEL, RETURN), 9)
    assert wishes.confidences == pytest.approx((0.9, 0.9))


def test_two_parts_with_the_same_wish_are_not_surely_two():
    assert divide([5], rows(CANCEL, CANCEL), APART).sureness == pytest.approx(0.05)


def test_a_text_without_a_place_is_one():
    assert divide([], np.zeros((0, 3), np.float32), APART) is None


def test_two_wishes_come_before_the_text_s_own_intent():
    probabilities = np.array([0.9, 0.05, 0.05], np.float32)
    wishes = divide([5], rows(CANCEL, RETURN), APART)
    verdict = judge(probabilities, RULE, None, wishes)
    assert verdict.decision.reason == "ambiguous"
    assert verdict.wishes.intents == (CANCEL, RETURN)


def test_a_part_that_is_out_of_scope_is_no_wish():
    probabilities = np.array([0.9, 0.05, 0.05], np.float32)
    verdict = judge(probabilities, RULE, None, divide([5], rows(OUTSIDE, CANCEL), APART))
    assert verdict.decision.index == CANCEL


def test_what_can_be_wished_beside_what_survives_the_spec():
    apart = apart_of(NAMES, "hello", "return+refund")
    assert told_apart(NAMES, apart) == ("hello", "return+refund")
    assert not apart[2].any()
    assert apart[0].tolist() == [False, True, False, True]
    with pytest.raises(ValueError, match="not in"):
        apart_of(NAMES, "unknown", "")


@pytest.mark.parametrize(
    ("probabilities", "denied", "reason"),
    [
        ([0.1, 0.1, 0.8], [4.0, 0.0, 0.0], "denied"),
        ([0.9, 0.05, 0.05], [4.0, 0.0, 0.0], "denied"),
        ([0.1, 0.1, 0.8], [0.0, 0.0, 4.0], "out_of_scope"),
        ([0.9, 0.05, 0.05], [0.0, 4.0, 0.0], None),  # denies another than it asks for
    ],
)
def test_what_is_denied_abstains_with_its_name(probabilities, denied, reason):
    verdict = judge(np.array(probabilities, np.float32), RULE, np.array(denied, np.float32))
    assert verdict.decision.reason == reason
    if reason == "denied":
        assert verdict.denied[0] == CANCEL


def test_a_language_s_own_threshold_is_taken():
    rule = Rule(1.0, 0.5, 0.0, OUTSIDE, thresholds={"de": 0.3})
    probabilities = np.array([0.4, 0.1, 0.5], np.float32)
    assert judge(probabilities, rule.in_language("fr")).decision.reason == "out_of_scope"
    assert judge(probabilities, rule.in_language("de")).decision.index == CANCEL


@pytest.mark.parametrize(
    "text",
    ["how long is the guarantee on the Velto", "wie lange habt ihr heute auf", "what time is it"],
)
def test_a_question_word_alone_is_no_first_wish(text):
    assert places(text) == []


def test_a_question_before_another_one_is_a_wish():
    assert places("wo ist mein paket und was kostet es") == [18]
    assert places("where is it and how much is shipping")[0] == 12
