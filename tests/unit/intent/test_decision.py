from dataclasses import replace

import numpy as np
import pytest

from functions.intent.decision import Rule, decide, softmax

RULE = Rule(temperature=1.0, threshold=0.4, margin=0.1, out_of_scope=3)


def one(*row: float, rule: Rule = RULE):
    return decide(np.asarray([row], dtype=np.float32), rule)[0]


def test_a_clear_winner_is_the_intent():
    decision = one(0.1, 0.8, 0.05, 0.05)
    assert (decision.index, decision.reason) == (1, None)
    assert decision.ranked.tolist() == [1, 0, 2]


def test_too_little_confidence_is_out_of_scope():
    assert one(0.3, 0.02, 0.02, 0.66).reason == "out_of_scope"


def test_an_intent_has_to_stand_up_to_out_of_scope():
    even = replace(RULE, threshold=0.1, odds=1.0)
    assert one(0.35, 0.02, 0.03, 0.6, rule=even).reason == "out_of_scope"
    assert one(0.6, 0.02, 0.03, 0.35, rule=even).index == 0
    assert one(0.35, 0.02, 0.03, 0.6, rule=replace(even, odds=0.5)).index == 0
    none = replace(even, out_of_scope=None)
    assert one(0.35, 0.02, 0.03, 0.6, rule=none).index == 3


def test_two_close_intents_are_ambiguous():
    decision = one(0.45, 0.44, 0.01, 0.1)
    assert decision.reason == "ambiguous"
    assert decision.ranked[:2].tolist() == [0, 1]


def test_two_that_pass_only_together_are_ambiguous():
    assert one(0.3, 0.29, 0.01, 0.4).reason == "ambiguous"


def test_two_close_but_improbable_ones_are_out_of_scope():
    assert one(0.1, 0.09, 0.01, 0.8).reason == "out_of_scope"


def test_a_model_without_out_of_scope_ranks_every_class():
    rule = Rule(temperature=1.0, threshold=0.0, margin=0.0, out_of_scope=None)
    assert one(0.2, 0.3, 0.4, 0.1, rule=rule).ranked.tolist() == [2, 1, 0, 3]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_softmax_sums_to_one_and_keeps_the_order(temperature):
    logits = np.asarray([[1.0, 3.0, -2.0], [900.0, 0.0, 1.0]], dtype=np.float32)
    probabilities = softmax(logits, temperature)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert (probabilities.argsort(axis=1) == logits.argsort(axis=1)).all()
