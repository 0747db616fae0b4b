"""Slots, denied wishes and two wishes at once: how well a graph finds them, and from when on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from functions.intent.decision import Rule, softmax
from functions.intent.tags import find_slots
from functions.intent.verdicts import judge
from functions.intent.wishes import divide
from training.intent.examples import OUT_OF_SCOPE
from training.intent.export import Answer, Graph
from training.intent.messages import Message
from training.intent.pairs import joined_pairs

FALSE_PAIRS = 0.01  # of the messages with one wish, so many may be taken for two
LEAST_CLEARNESS = 0.5
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

    @property
    def tags(self) -> int:
        return 2 * len(self.slots) + 1


def slot_f1(answers: Sequence[Answer], messages: Sequence[Message], heads: Heads) -> float | None:
    """F1 of slots, exact in place and kind; None where none is marked."""
    right = found_in_all = marked = 0
    for answer, message in zip(answers, messages, strict=True):
        tags = answer.outputs["tokens"][:, : heads.tags]
        found = find_slots(message.text, answer.offsets, tags)
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


def _clearness(answers: Sequence[Answer], heads: Heads) -> list[float]:
    """How clearly each text holds two wishes; minus infinity where it holds none."""
    found = []
    for answer in answers:
        wishes = divide(answer.outputs["tokens"][:, heads.tags :])
        outside = heads.labels.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in heads.labels else -1
        clear = wishes is not None and outside not in wishes.intents
        found.append(wishes.clearness if wishes and clear else -np.inf)
    return found


def choose_marks(
    rule: Rule,
    graph: Graph,
    messages: Sequence[Message],
    heads: Heads,
    joinable: Callable[[str, str], bool],
) -> tuple[Rule, float | None]:
    """The rule with the least clearness of two wishes, chosen on held-out messages.

    Returns:
        The rule, and the share of joined messages of which both wishes are told.
    """
    rule = replace(rule, denied=DENIED)
    single = [message for message in messages if message.intent != OUT_OF_SCOPE]
    pairs = joined_pairs(messages, joinable, seed=0)
    answers = graph.answers([message.text for message in single], heads.max_tokens)
    if not pairs or "tokens" not in answers[0].outputs:
        return rule, None
    false = np.sort(_clearness(answers, heads))[::-1]
    allowed = int(len(false) * FALSE_PAIRS)
    least = max(LEAST_CLEARNESS, float(false[allowed]) + 1e-3) if len(false) > allowed else 1.0
    told = graph.answers([pair.text for pair in pairs], heads.max_tokens)
    hits = [
        _both_told(answer, pair, least, heads) for answer, pair in zip(told, pairs, strict=True)
    ]
    return replace(rule, clearness=round(least, 3)), float(np.mean(hits))


def _both_told(answer: Answer, pair: Message, least: float, heads: Heads) -> bool:
    wishes = divide(answer.outputs["tokens"][:, heads.tags :])
    if wishes is None or wishes.clearness < least:
        return False
    wanted = {part.name for part in pair.wishes}
    return {heads.labels[index] for index in wishes.intents} == wanted
