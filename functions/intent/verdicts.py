"""What a model's outputs for one text come to: an intent, or why there is none."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from functions.intent.decision import Decision, Rule, decide_one, softmax
from functions.intent.wishes import TwoWishes

Row = NDArray[np.float32]


class Verdict(NamedTuple):
    """What one text is decided to be.

    Attributes:
        decision: as from the text's probabilities, or what a denial or a second wish makes of it.
        denied: index and probability of the intent that the text denies.
        wishes: the two that the text holds.
    """

    decision: Decision
    denied: tuple[int, float] | None = None
    wishes: TwoWishes | None = None


def _denial(denied_logits: Row, rule: Rule) -> tuple[int, float] | None:
    """The intent that a text most likely denies, from (C,) logits."""
    if rule.out_of_scope is None:
        return None
    probabilities = softmax(denied_logits[None], 1.0)[0]  # (C,)
    probabilities[rule.out_of_scope] = 0.0
    index = int(probabilities.argmax())
    return index, float(probabilities[index])


def judge(
    probabilities: Row, rule: Rule, denied: Row | None = None, wishes: TwoWishes | None = None
) -> Verdict:
    """What a text is.

    Args:
        probabilities: calibrated, of its intents, (C,).
        rule: of the model, for the text's language.
        denied: logits of the intent that it denies, (C,).
        wishes: its division into two, if there is any.
    """
    decision = decide_one(probabilities, rule)
    if denied is not None and rule.denied is not None:
        found = _denial(denied, rule)
        abstains = decision.reason == "out_of_scope"
        if found and found[1] >= rule.denied and (abstains or decision.index == found[0]):
            return Verdict(replace(decision, index=None, reason="denied"), denied=found)
    if wishes is not None and rule.two_wishes is not None and wishes.sureness >= rule.two_wishes:
        return Verdict(replace(decision, index=None, reason="ambiguous"), wishes=wishes)
    return Verdict(decision)
