"""From logits to a decision: an intent, out of scope, or ambiguous.

The same function decides in training (thresholds, metrics, the fidelity gate) and in serving.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from functions.intent.wishes import apart_of
from shared.errors import ModelAltered
from shared.models.spec import ModelSpec

Reason = Literal["out_of_scope", "ambiguous", "denied"]
THRESHOLD = "threshold"  # parameter of a spec; with _ and a code behind it, of one language


@dataclass(frozen=True, slots=True)
class Rule:
    """When a model answers.

    Attributes:
        temperature: divides the logits (Guo et al., 2017, arXiv:1706.04599).
        threshold: least calibrated probability of the best intent; below it a text is out of
            scope. Where the model has an out-of-scope class, that class takes its share of the
            probability, so the threshold sets how readily texts are rejected.
        margin: least distance to the second-best intent.
        out_of_scope: index of that class, or None where the model has none.
        thresholds: of languages that have their own, by code.
        two_wishes: least probability of each of two wishes in one text, or None where texts are
            not divided; see `functions.intent.wishes`.
        apart: which intents can be wished for beside which, (C, C).
        denied: least probability that a text denies an intent, or None where the model cannot
            tell.
        odds: the best intent must be at least so many times as probable as out of scope; 0 asks
            for nothing.
    """

    temperature: float
    threshold: float
    margin: float
    out_of_scope: int | None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    two_wishes: float | None = None
    apart: NDArray[np.bool_] | None = field(default=None, compare=False)
    denied: float | None = None
    odds: float = 0.0

    def in_language(self, language: str) -> "Rule":
        """The rule for a text in a language."""
        threshold = self.thresholds.get(language, self.threshold)
        return self if threshold == self.threshold else replace(self, threshold=threshold)


@dataclass(frozen=True, slots=True)
class Decision:
    """What one text is decided to be.

    Attributes:
        index: the intent's index, None for an abstention.
        reason: why there is no intent, None where there is one.
        ranked: indices of all intents (out of scope is not one), best first.
    """

    index: int | None
    reason: Reason | None
    ranked: NDArray[np.int64]


def softmax(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Calibrated probabilities, (N, C) float32, of logits (N, C)."""
    values = logits / np.float32(temperature)  # (N, C)
    values -= np.maximum.reduce(values, axis=-1, keepdims=True)
    np.exp(values, out=values)
    values /= np.add.reduce(values, axis=-1, keepdims=True)
    return values


def decide_one(row: NDArray[np.float32], rule: Rule) -> Decision:
    """The decision of one text by its calibrated probabilities (C,)."""
    ranked = (-row).argsort(kind="stable")
    least = rule.threshold
    if rule.out_of_scope is not None:
        ranked = ranked[ranked != rule.out_of_scope]
        least = max(least, rule.odds * float(row[rule.out_of_scope]))
    best = row[ranked[0]]
    second = row[ranked[1]] if len(ranked) > 1 else np.float32(0)
    # Two intents that would pass together compete; one too weak alone is out of scope.
    if best - second < rule.margin and best + second >= least:
        return Decision(None, "ambiguous", ranked)
    if best < least:
        return Decision(None, "out_of_scope", ranked)
    return Decision(int(ranked[0]), None, ranked)


def _optional(spec: ModelSpec, name: str) -> float | None:
    value = spec.parameters.get(name)
    return None if value is None else float(value)


def rule_of(spec: ModelSpec) -> Rule:
    """The rule that a model's spec states.

    Raises:
        ModelAltered: a parameter is missing or not a number.
    """
    names = [label.name for label in spec.labels]
    label = spec.parameters.get("out_of_scope_label")
    prefix = f"{THRESHOLD}_"
    try:
        return Rule(
            temperature=float(spec.parameters["temperature"] or 0),
            threshold=float(spec.parameters[THRESHOLD] or 0),
            margin=float(spec.parameters["margin"] or 0),
            out_of_scope=None if label is None else names.index(str(label)),
            thresholds={
                name.removeprefix(prefix): float(value or 0)
                for name, value in spec.parameters.items()
                if name.startswith(prefix)
            },
            two_wishes=_optional(spec, "two_wishes"),
            apart=apart_of(
                names,
                str(spec.parameters.get("lone_wishes") or ""),
                str(spec.parameters.get("close_wishes") or ""),
            ),
            denied=_optional(spec, "denied"),
            odds=_optional(spec, "odds") or 0.0,
        )
    except (KeyError, ValueError) as error:
        raise ModelAltered(
            f"{spec.identifier}: spec.json lacks a decision parameter: {error}."
        ) from error


def decide(probabilities: NDArray[np.float32], rule: Rule) -> list[Decision]:
    """One decision per row of calibrated probabilities (N, C)."""
    return [decide_one(row, rule) for row in probabilities]
