import numpy as np

from functions.intent.decision import Rule, decide
from training.intent.calibrate import Costs, decided, with_languages

OUTSIDE = 2
RULE = Rule(1.0, 0.0, 0.0, OUTSIDE)
# Intents of which the surer are right, and texts out of scope of which none is sure.
INSIDE = [([4.0, 0.0, 0.0], 0), ([0.0, 4.0, 0.0], 1), ([0.9, 0.0, 0.4], 0), ([0.0, 0.9, 0.4], 1)]
OUT = [([0.3, 0.0, 2.5], OUTSIDE), ([0.0, 0.3, 2.5], OUTSIDE), ([0.2, 0.1, 2.0], OUTSIDE)]


def rule_for(rows, cost):
    repeated = rows * 20
    logits = np.asarray([row for row, _ in repeated], np.float32)
    labels = np.asarray([label for _, label in repeated])
    languages = ["en", "de"] * (len(repeated) // 2)
    rule = with_languages(RULE, logits, labels, languages, Costs(threshold=cost))
    return rule, logits, labels


def test_a_language_s_threshold_rejects_what_is_out_of_scope_and_costs_no_right_answer():
    rule, logits, labels = rule_for(INSIDE + OUT + OUT[:1], 0.0)
    assert set(rule.thresholds) == {"de", "en"}
    for threshold in rule.thresholds.values():
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        answers = decided(decide(probabilities, Rule(1.0, threshold, 0.0, OUTSIDE)))
        assert (answers[labels != OUTSIDE] == labels[labels != OUTSIDE]).all()
        assert (answers[labels == OUTSIDE] == -1).all()


def test_right_answers_are_not_given_up_for_nothing():
    generous, _, _ = rule_for(INSIDE + OUT + OUT[:1], 0.5)
    strict, _, _ = rule_for(INSIDE + OUT + OUT[:1], 0.0)
    assert generous.thresholds == strict.thresholds


def test_where_nothing_is_out_of_scope_the_highest_threshold_within_the_cost_is_taken():
    rule, _, _ = rule_for(INSIDE, 0.0)
    assert all(0.3 < threshold <= 0.5 for threshold in rule.thresholds.values())
