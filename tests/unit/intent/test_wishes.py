import numpy as np
import pytest

from functions.intent.decision import Rule
from functions.intent.verdicts import judge
from functions.intent.wishes import divide

CANCEL, RETURN, OUTSIDE = 0, 1, 2
RULE = Rule(1.0, 0.5, 0.1, OUTSIDE, clearness=1.0, denied=0.5)


def tokens(*classes: int) -> np.ndarray:
    """Logits of tokens, each of which is clearly of one class."""
    return (6 * np.eye(3, dtype=np.float32))[list(classes)]


def test_a_text_falls_apart_where_the_second_wish_begins():
    wishes = divide(tokens(CANCEL, CANCEL, CANCEL, RETURN, RETURN))
    assert (wishes.intents, wishes.at) == ((CANCEL, RETURN), 3)
    assert wishes.clearness > 4
    assert min(wishes.confidences) > 0.9


@pytest.mark.parametrize("stray", [0, 3, 5])
def test_one_wish_with_a_stray_token_is_not_clearly_two(stray):
    classes = [CANCEL] * 6
    classes[stray] = RETURN
    assert divide(tokens(*classes)).clearness < RULE.clearness


def test_three_tokens_hold_no_two_wishes():
    assert divide(tokens(CANCEL, CANCEL, RETURN)) is None


def test_two_wishes_come_before_the_text_s_own_intent():
    probabilities = np.array([0.9, 0.05, 0.05], np.float32)
    verdict = judge(probabilities, RULE, None, tokens(CANCEL, CANCEL, RETURN, RETURN))
    assert verdict.decision.reason == "ambiguous"
    assert verdict.wishes.intents == (CANCEL, RETURN)


def test_a_part_that_is_out_of_scope_is_no_wish():
    probabilities = np.array([0.9, 0.05, 0.05], np.float32)
    verdict = judge(probabilities, RULE, None, tokens(OUTSIDE, OUTSIDE, CANCEL, CANCEL))
    assert verdict.decision.index == CANCEL


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
