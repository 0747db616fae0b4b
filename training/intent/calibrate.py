"""Choosing what decides: temperature, thresholds, margin, how sure two wishes must be.

Only ever on validation data.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from functions.intent.decision import Decision, Rule, decide, softmax
from functions.intent.wishes import TwoWishes

Logits = NDArray[np.float32]
Labels = NDArray[np.int64]


# A calibrated probability of one half is more likely right than wrong, so no threshold asks more.
LARGEST = {"threshold": 0.5, "margin": 0.2}
# No more than even: where out of scope is the less probable, an intent is the better answer.
ODDS = (0.0, 0.25, 0.33, 0.5, 0.67, 1.0)
FALSE_PAIRS = 0.01  # of the messages with one wish or none, so many may be taken for two
LEAST_SURE = 0.5  # of each of two wishes


@dataclass(frozen=True)
class Costs:
    """What abstaining may cost, as fractions of the in-scope validation texts.

    Attributes:
        threshold: in-scope accuracy given up to reject more texts out of scope.
        margin: right answers given up to ask back where two intents compete.
    """

    threshold: float
    margin: float = 0.002


def negative_log_likelihood(logits: Logits, labels: Labels, temperature: float) -> float:
    probabilities = softmax(logits, temperature)[np.arange(len(labels)), labels]  # (N,)
    return float(-np.log(np.maximum(probabilities, 1e-12)).mean())


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """The temperature of least negative log-likelihood (Guo et al., 2017, arXiv:1706.04599)."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log_t: negative_log_likelihood(logits, labels, float(np.exp(log_t))),
        bounds=(-3.0, 3.0),
        method="bounded",
    )
    return float(np.exp(found.x))


def expected_calibration_error(
    probabilities: NDArray[np.float32], labels: Labels, bins: int = 15
) -> float:
    """Mean distance between confidence and accuracy over equal-width bins of confidence."""
    confidence = probabilities.max(axis=1)  # (N,)
    hits = probabilities.argmax(axis=1) == labels  # (N,)
    which = np.minimum((confidence * bins).astype(int), bins - 1)  # (N,)
    error = 0.0
    for index in np.unique(which):
        inside = which == index
        error += abs(confidence[inside].mean() - hits[inside].mean()) * inside.mean()
    return float(error)


def decided(decisions: list[Decision]) -> NDArray[np.int64]:
    """Decisions as numbers: the intent's index, -1 out of scope, -2 ambiguous."""
    codes = {"out_of_scope": -1, "ambiguous": -2, "denied": -3}
    return np.asarray([codes[d.reason] if d.reason else d.index for d in decisions], dtype=np.int64)


def in_scope_accuracy(probabilities: NDArray[np.float32], labels: Labels, rule: Rule) -> float:
    """Right answers among the in-scope texts; an abstention is not one."""
    inside = labels != (-1 if rule.out_of_scope is None else rule.out_of_scope)
    return float((decided(decide(probabilities[inside], rule)) == labels[inside]).mean())


def _rejecting(
    rule: Rule,
    probabilities: NDArray[np.float32],
    labels: Labels,
    cost: float,
    odds: Sequence[float],
) -> Rule:
    """The rule with the threshold and the odds that tell texts in and out of scope apart best.

    Best is the largest sum of in-scope accuracy and out-of-scope recall; where no text is out of
    scope, the highest threshold.

    Args:
        rule: whose threshold and odds are chosen.
        probabilities: calibrated, of the validation texts, (N, C).
        labels: their classes, (N,).
        cost: in-scope accuracy that may be given up.
        odds: to choose from.
    """
    floor = in_scope_accuracy(probabilities, labels, replace(rule, threshold=0.0, odds=0.0)) - cost
    outside = labels == (-1 if rule.out_of_scope is None else rule.out_of_scope)
    steps = range(round(LARGEST["threshold"] * 100) + 1)
    candidates = [replace(rule, threshold=step / 100, odds=o) for o in odds for step in steps]

    def merit(candidate: Rule) -> tuple[float, float]:
        inside = in_scope_accuracy(probabilities, labels, candidate)
        if inside < floor:
            return -1.0, 0.0
        if not outside.any():
            return 0.0, candidate.threshold
        recall = (decided(decide(probabilities[outside], candidate)) < 0).mean()
        return round(inside + float(recall), 6), candidate.threshold

    return max(candidates, key=merit)


def choose_rule(logits: Logits, labels: Labels, out_of_scope: int | None, costs: Costs) -> Rule:
    """The decision rule for a model.

    Args:
        logits: of the validation texts, (N, C).
        labels: their classes, (N,).
        out_of_scope: index of that class, or None.
        costs: what abstaining may cost.
    """
    temperature = fit_temperature(logits, labels)
    probabilities = softmax(logits, temperature)
    rule = Rule(temperature, 0.0, 0.0, out_of_scope)
    known = out_of_scope is not None and bool((labels == out_of_scope).any())
    rule = _rejecting(rule, probabilities, labels, costs.threshold, ODDS if known else (0.0,))
    floor = in_scope_accuracy(probabilities, labels, rule) - costs.margin
    margins = [replace(rule, margin=i / 100) for i in range(round(LARGEST["margin"] * 100) + 1)]
    return max(
        (r for r in margins if in_scope_accuracy(probabilities, labels, r) >= floor),
        key=lambda r: r.margin,
    )


LEAST_IN_LANGUAGE = 50  # held-out texts that a language's own threshold needs


def with_languages(
    rule: Rule, logits: Logits, labels: Labels, languages: Sequence[str], costs: Costs
) -> Rule:
    """The rule with a threshold for each language that has texts enough.

    Args:
        rule: chosen on all texts.
        logits: of the validation texts, (N, C).
        labels: their classes, (N,).
        languages: of each text, (N,).
        costs: what abstaining may cost.
    """
    thresholds: dict[str, float] = {}
    for language in sorted(set(languages)):
        rows = np.asarray([known == language for known in languages])
        if language and rows.sum() >= LEAST_IN_LANGUAGE:
            probabilities = softmax(logits[rows], rule.temperature)
            own = _rejecting(rule, probabilities, labels[rows], costs.threshold, [rule.odds])
            thresholds[language] = own.threshold
    return replace(rule, thresholds=thresholds) if len(thresholds) > 1 else rule


def sureness(found: TwoWishes | None) -> float:
    """Probability of the less sure of two wishes; 0 where a text is not divided."""
    return found.sureness if found else 0.0


def least_sureness(found: Sequence[TwoWishes | None]) -> float:
    """How sure two wishes must be, by the surest division of texts that hold none or one."""
    false = sorted(map(sureness, found), reverse=True)
    least = max(LEAST_SURE, false[int(len(false) * FALSE_PAIRS)] + 1e-3)
    return round(min(least, 1.0), 3)
