"""A decision rule as spec.json states it. Imports without torch."""

from collections.abc import Sequence

from functions.intent.decision import THRESHOLD, Rule
from functions.intent.wishes import told_apart
from training.intent.examples import OUT_OF_SCOPE

Parameters = dict[str, float | int | str | None]


def parameters_of(rule: Rule, labels: Sequence[str], slots: Sequence[str]) -> Parameters:
    """What deciding needs, as `functions.intent.decision.rule_of` reads it.

    Args:
        rule: of the model.
        labels: its classes, in the order of the logits.
        slots: that it marks.
    """
    values: Parameters = {
        "temperature": round(rule.temperature, 5),
        THRESHOLD: rule.threshold,
        "margin": rule.margin,
        "out_of_scope_label": None if rule.out_of_scope is None else OUT_OF_SCOPE,
    }
    values |= {f"{THRESHOLD}_{code}": value for code, value in rule.thresholds.items()}
    values |= {"slots": " ".join(slots)} if slots else {}
    marks = {"odds": rule.odds or None, "two_wishes": rule.two_wishes, "denied": rule.denied}
    if rule.apart is not None:
        lone, close = told_apart(labels, rule.apart)
        values |= {"lone_wishes": lone, "close_wishes": close}
    return values | {name: value for name, value in marks.items() if value is not None}
