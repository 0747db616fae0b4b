"""Slots, denied wishes and two wishes at once: how well a graph finds them, and from when on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from functions.intent.decision import Rule, softmax
from functions.intent.tags import find_slots
from functions.intent.verdicts import judge
from functions.intent.wishes import SURE, TwoWishes, divide, parts_at, places
from training.intent.calibrate import least_sureness, sureness
from training.intent.examples import Dataset
from training.intent.export import Answer, Graph
from training.intent.messages import Message

DENIED = 0.5  # least probability of a denied intent: more likely than not


@dataclass(frozen=True)
class Heads:
    """What a model's outputs mean.

    Attributes:
        labels: intents in the order of the logits.
        slots: in the order of their tags.
        max_tokens: of one text.
    """

    labels: list[str]
    slots: tuple[str, ...]
    max_tokens: int


def slot_f1(answers: Sequence[Answer], messages: Sequence[Message], heads: Heads) -> float | None:
    """F1 of slots, exact in place and kind; None where none is marked."""
    right = found_in_all = marked = 0
    for answer, message in zip(answers, messages, strict=True):
        found = find_slots(message.text, answer.offsets, answer.outputs["tokens"], heads.slots)
        told = {(slot.start, slot.end, heads.slots[slot.slot]) for slot in found}
        right += len(told & set(message.slots))
        found_in_all += len(told)
        marked += len(message.slots)
    return 2 * right / (found_in_all + marked) if marked else None


def figures_of(
    answers: Sequence[Answer], messages: Sequence[Message], rule: Rule, heads: Heads
) -> dict[str, float]:
    """Figures of what is marked in a set, as far as the model tells it."""
    values: dict[str, float | None] = {}
    if answers and "tokens" in answers[0].outputs and heads.slots:
        values["slot_f1"] = slot_f1(answers, messages, heads)
    if answers and "denied" in answers[0].outputs:
        values["denied_found"] = _denied_found(answers, messages, rule, heads)
    return {name: round(value, 5) for name, value in values.items() if value is not None}


def _denied_found(
    answers: Sequence[Answer], messages: Sequence[Message], rule: Rule, heads: Heads
) -> float | None:
    """Share of the messages that deny an intent of which that is told."""
    hits = []
    for answer, message in zip(answers, messages, strict=True):
        if message.denied:
            row = softmax(answer.outputs["logits"][None], rule.temperature)[0]
            verdict = judge(row, rule, answer.outputs["denied"])
            name = None if verdict.denied is None else heads.labels[verdict.denied[0]]
            hits.append(name == message.denied)
    return float(np.mean(hits)) if hits else None


def choose_marks(
    rule: Rule, graph: Graph, messages: Sequence[Message], heads: Heads, dataset: Dataset
) -> Rule:
    """The rule with how sure a denial and two wishes must be, chosen on held-out messages."""
    apart = [[dataset.joinable(one, other) for other in heads.labels] for one in heads.labels]
    rule = replace(rule, denied=DENIED, apart=np.asarray(apart, dtype=np.bool_))
    found = divided(graph, [message.text for message in messages], rule, heads)
    return replace(rule, two_wishes=least_sureness(found))


def both_told(pairs: Sequence[Message], graph: Graph, rule: Rule, heads: Heads) -> float:
    """Share of the messages with two wishes of which both are told."""
    least = rule.two_wishes or 1.0
    found = divided(graph, [pair.text for pair in pairs], rule, heads)
    hits = [
        sureness(one) >= least and _is_right(one, pair, heads)
        for one, pair in zip(found, pairs, strict=True)
    ]
    return float(np.mean(hits))


def divided(graph: Graph, texts: Sequence[str], rule: Rule, heads: Heads) -> list[TwoWishes | None]:
    """The surest division of each text into two wishes, as serving finds it."""
    assert rule.apart is not None
    whole = softmax(graph.logits(texts, heads.max_tokens), rule.temperature)  # (N, C)
    ats = [places(text) if row.max() < SURE else [] for text, row in zip(texts, whole, strict=True)]
    parts = [part for text, of in zip(texts, ats, strict=True) for part in parts_at(text, of)]
    if not parts:
        return [None] * len(texts)
    rows, at = softmax(graph.logits(parts, heads.max_tokens), rule.temperature), 0
    found = []
    for of in ats:
        found.append(divide(of, rows[at : at + 2 * len(of)], rule.apart))
        at += 2 * len(of)
    return found


def _is_right(found: TwoWishes | None, pair: Message, heads: Heads) -> bool:
    wanted = {part.name for part in pair.wishes}
    return found is not None and {heads.labels[index] for index in found.intents} == wanted
