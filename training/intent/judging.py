"""Figures of a service's answers: by language, by intent, by slot, by threshold; no torch."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from functions.intent.decision import Rule, decide
from training.intent.answers import Answer, Answers
from training.intent.calibrate import decided, expected_calibration_error
from training.intent.examples import OUT_OF_SCOPE

DIGITS = 4
BINS = 10
FEW = 10  # messages that a bin must have, unless there are no more
THRESHOLDS = tuple(step / 50 for step in range(15, 50))  # below, most of anything is answered
NAN = float("nan")


class Confusion(NamedTuple):
    """Messages of one intent that were taken for another."""

    expected: str
    told: str
    rows: list[Answer]


class Recall(NamedTuple):
    """Of an intent's messages, how many got it."""

    name: str
    right: int
    wrong: int
    messages: int

    @property
    def share(self) -> float:
        return self.right / self.messages


class Slots(NamedTuple):
    """Marked and found slots of one kind; right are those of the same place and kind."""

    name: str
    right: int
    found: int
    marked: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else NAN

    @property
    def recall(self) -> float:
        return self.right / self.marked if self.marked else NAN


class Point(NamedTuple):
    """What a threshold gives.

    Attributes:
        answered: share of the messages in scope that get an intent.
        right: share of all given intents that are right.
    """

    threshold: float
    answered: float
    right: float


class Bin(NamedTuple):
    """Messages of like confidence."""

    stated: float
    reached: float
    messages: int


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, DIGITS) if whole else None


def figures(rows: Sequence[Answer]) -> dict[str, Any]:
    """What is right of some answers; shares are None where there is nothing to share."""
    inside = [row for row in rows if not row.is_outside]
    outside = [row for row in rows if row.is_outside]
    given = [row for row in rows if row.told is not None]
    slots = slots_of(rows)
    right, found = sum(slot.right for slot in slots), sum(slot.found for slot in slots)
    marked = sum(slot.marked for slot in slots)
    return {
        "messages": len(rows),
        "in_scope": len(inside),
        "in_scope_right": _share(sum(row.is_right for row in inside), len(inside)),
        "in_scope_wrong": _share(sum(row.is_wrong for row in inside), len(inside)),
        "in_scope_unanswered": _share(sum(row.told is None for row in inside), len(inside)),
        "answers_right": _share(sum(row.is_right for row in given), len(given)),
        "out_of_scope": len(outside),
        "out_of_scope_left_alone": _share(sum(row.is_right for row in outside), len(outside)),
        "slots_marked": marked,
        "slot_precision": _share(right, found),
        "slot_recall": _share(right, marked),
    }


def calibration_error(answers: Answers, places: Sequence[int]) -> float:
    """Expected calibration error of the most probable class of some rows."""
    chosen = list(places)
    error = expected_calibration_error(answers.probabilities[chosen], answers.labels[chosen])
    return round(error, DIGITS)


def reliability_bins(answers: Answers, places: Sequence[int]) -> list[Bin]:
    """Of the most probable class, what is stated and what is right, by confidence.

    Tenths of confidence with fewer than `FEW` messages are joined with the next.
    """
    chosen = list(places)
    confidence = answers.probabilities[chosen].max(axis=1)  # (N,)
    hits = answers.probabilities[chosen].argmax(axis=1) == answers.labels[chosen]  # (N,)
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)  # (N,)
    joined: list[list[int]] = [[]]
    for tenth in range(BINS):
        if len(joined[-1]) >= FEW:
            joined.append([])
        joined[-1] += np.flatnonzero(which == tenth).tolist()
    if len(joined) > 1 and len(joined[-1]) < FEW:
        joined[-2] += joined.pop()
    return [
        Bin(float(confidence[inside].mean()), float(hits[inside].mean()), len(inside))
        for inside in joined
    ]


def confusions(rows: Sequence[Answer]) -> list[Confusion]:
    """Pairs of what was meant and what was given, the most frequent first.

    The examples of a pair come in the order of their confidence.
    """
    found: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    for row in rows:
        if row.is_wrong:
            found[row.message.intent, row.told or ""].append(row)
    pairs = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [Confusion(*names, sorted(of, key=_confidence)) for names, of in pairs]


def _confidence(row: Answer) -> float:
    return -row.result.intent.confidence if row.result.intent else 0.0


def confident_errors(rows: Sequence[Answer]) -> list[Answer]:
    """Wrong answers, the surest first."""
    return sorted((row for row in rows if row.is_wrong), key=_confidence)


def recalls(rows: Sequence[Answer]) -> list[Recall]:
    """Of each intent in scope, the one that is found least first."""
    messages = Counter(row.message.intent for row in rows)
    right = Counter(row.message.intent for row in rows if row.is_right)
    wrong = Counter(row.message.intent for row in rows if row.is_wrong)
    found = [Recall(n, right[n], wrong[n], messages[n]) for n in messages if n != OUT_OF_SCOPE]
    return sorted(found, key=lambda recall: (recall.share, recall.name))


def slots_of(rows: Sequence[Answer]) -> list[Slots]:
    """Of each kind of slot, in the order of their names; messages that nobody marked are left out.

    A slot is right where its place and kind are.
    """
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        if row.result.slots is None or row.message.plain:
            continue
        found = {(slot.start, slot.end, slot.name) for slot in row.result.slots}
        marked: set[tuple[int, int, str]] = set(row.message.slots)
        for place, slots in enumerate((found & marked, found, marked)):
            for slot in slots:
                counts[slot[2]][place] += 1
    return [Slots(name, *counts[name]) for name in sorted(counts)]


def trade_off(answers: Answers, language: str) -> list[Point]:
    """What each threshold gives that a request may set, as far as anything is answered with it."""
    points = [at_threshold(answers, language, threshold) for threshold in THRESHOLDS]
    return [point for point in points if not np.isnan(point.right)]


def at_threshold(answers: Answers, language: str, threshold: float) -> Point:
    """What a request's own threshold gives, in place of the model's threshold and odds."""
    return _point(answers, language, replace(answers.rule, threshold=threshold, odds=0.0))


def at_own(answers: Answers, language: str) -> Point:
    """What the model's own rule gives in a language."""
    return _point(answers, language, answers.rule.in_language(language))


def _point(answers: Answers, language: str, rule: Rule) -> Point:
    """Texts that deny a wish or hold two are judged by their most probable class here."""
    places = answers.places(language)
    labels = answers.labels[places]
    told = decided(decide(answers.probabilities[places], rule))  # (N,)
    outside = labels == (-1 if rule.out_of_scope is None else rule.out_of_scope)
    given = told >= 0
    inside = ~outside
    return Point(
        rule.threshold,
        float(given[inside].mean()) if inside.any() else 0.0,
        float((told == labels)[given].mean()) if given.any() else NAN,
    )


def summary(answers: Answers) -> dict[str, Any]:
    """All figures, for a program to read."""
    every = range(len(answers.rows))
    languages = {}
    for language in answers.languages:
        places = answers.places(language)
        rule = answers.rule.in_language(language)
        languages[language] = {
            **figures([answers.rows[place] for place in places]),
            "calibration_error": calibration_error(answers, places),
            "threshold": rule.threshold,
        }
    return {
        "model": answers.spec.identifier,
        "sets": dict(answers.sets),
        "all": {**figures(answers.rows), "calibration_error": calibration_error(answers, every)},
        "languages": languages,
        "intents": {r.name: _share(r.right, r.messages) for r in recalls(answers.rows)},
        "slots": {
            slot.name: {"marked": slot.marked, "found": slot.found, "right": slot.right}
            for slot in slots_of(answers.rows)
        },
        "confusions": [
            {"expected": pair.expected, "told": pair.told, "messages": len(pair.rows)}
            for pair in confusions(answers.rows)
        ],
    }
