"""Figures of a model on one set of texts."""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from functions.intent.decision import Rule, decide, softmax
from shared.models.spec import Fidelity, Metric
from training.intent.calibrate import decided, expected_calibration_error
from training.intent.examples import Split

Logits = NDArray[np.float32]


def figures(logits: Logits, split: Split, rule: Rule) -> dict[str, float]:
    """Quality on one set.

    Returns:
        ``accuracy`` and ``macro_f1`` (over the classes in the set) of the most probable class;
        ``in_scope_accuracy`` and ``in_scope_answered`` of the decisions (an abstention is no
        right answer);
        ``out_of_scope_recall`` and ``_precision`` where the set has such texts;
        ``ece`` after calibration and ``ece_uncalibrated`` before.
    """
    labels = np.asarray(split.labels)
    probabilities = softmax(logits, rule.temperature)
    top = probabilities.argmax(axis=1)
    outside = labels == (-1 if rule.out_of_scope is None else rule.out_of_scope)
    answers = decided(decide(probabilities, rule))
    values = {
        "accuracy": (top == labels).mean(),
        "macro_f1": f1_score(labels, top, labels=np.unique(labels), average="macro"),
        "in_scope_accuracy": (answers[~outside] == labels[~outside]).mean(),
        "in_scope_answered": (answers[~outside] >= 0).mean(),
        "ece": expected_calibration_error(probabilities, labels),
        "ece_uncalibrated": expected_calibration_error(softmax(logits, 1.0), labels),
    }
    if outside.any():
        rejected = answers < 0
        values["out_of_scope_recall"] = rejected[outside].mean()
        values["out_of_scope_precision"] = outside[rejected].mean() if rejected.any() else 0.0
    return {name: round(float(value), 5) for name, value in values.items()}


def metric(name: str, precision: str, logits: Logits, split: Split, rule: Rule) -> Metric:
    """The figures of one precision as an entry of spec.json."""
    return Metric(
        dataset=name,
        split="test",
        precision=precision,
        rows=len(split),
        values=figures(logits, split, rule),
    )


def per_intent_f1(logits: Logits, split: Split, labels: list[str]) -> dict[str, float]:
    """F1 of the most probable class, by intent."""
    present = sorted(set(split.labels) - {-1})
    scores = f1_score(split.labels, logits.argmax(axis=1), labels=present, average=None)
    return {labels[index]: round(float(f1), 4) for index, f1 in zip(present, scores, strict=True)}


def compare(
    name: str, reference: Logits, quantized: Logits, rule: Rule, allowed: float
) -> Fidelity:
    """How many decisions differ between fp32 and int8 logits (N, C)."""
    before = decided(decide(softmax(reference, rule.temperature), rule))
    after = decided(decide(softmax(quantized, rule.temperature), rule))
    return Fidelity(
        dataset=name,
        compared=len(before),
        differing=int((before != after).sum()),
        allowed_fraction=allowed,
    )
