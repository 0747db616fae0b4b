"""Choosing temperature, threshold and margin; only ever on validation data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from functions.intent.decision import Decision, Rule, decide, softmax

Logits = NDArray[np.float32]
Labels = NDArray[np.int64]


# A calibrated probability of one half is more likely right than wrong, so no threshold asks more.
LARGEST = {"threshold": 0.5, "margin": 0.2}


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


def _with(rule: Rule, name: str, value: float) -> Rule:
    if name == "threshold":
        return replace(rule, threshold=value)
    return replace(rule, margin=value)


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
    for name, cost in (("threshold", costs.threshold), ("margin", costs.margin)):
        floor = in_scope_accuracy(probabilities, labels, rule) - cost
        steps = range(round(LARGEST[name] * 100) + 1)
        candidates = [_with(rule, name, step / 100) for step in steps]
        rule = max(
            (r for r in candidates if in_scope_accuracy(probabilities, labels, r) >= floor),
            key=lambda r: getattr(r, name),
        )
    return rule


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
            own = _with_threshold(rule, probabilities, labels[rows], costs.threshold)
            thresholds[language] = own.threshold
    return replace(rule, thresholds=thresholds) if len(thresholds) > 1 else rule


def _with_threshold(
    rule: Rule, probabilities: NDArray[np.float32], labels: Labels, cost: float
) -> Rule:
    """The highest threshold that costs no more than that."""
    floor = in_scope_accuracy(probabilities, labels, replace(rule, threshold=0.0)) - cost
    candidates = [
        replace(rule, threshold=i / 100) for i in range(round(LARGEST["threshold"] * 100))
    ]
    return max(
        (r for r in candidates if in_scope_accuracy(probabilities, labels, r) >= floor),
        key=lambda r: r.threshold,
    )
