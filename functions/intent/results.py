"""Shaping what was decided into the response's results."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from functions.intent.schemas import Abstention, Competing, IntentResult, Scored, Slot, Span
from functions.intent.tags import Found
from functions.intent.values import Setting, plain_value
from functions.intent.verdicts import Verdict
from functions.intent.wishes import TwoWishes
from shared.language import DetectedLanguage
from shared.models.spec import ModelSpec

DIGITS = 4  # of a confidence; beyond them int8 says nothing
_DETAILS = {
    "out_of_scope": "The text asks for none of the intents that this model knows.",
    "ambiguous": "More than one intent fits; ask the customer which one is meant.",
    "denied": "The text says that this is not wanted.",
}


# Anything to read: a letter or a digit in any script.
WORD = re.compile(r"[^\W_]")
# The answer to a text without words, such as an empty one or one of emoji alone.
EMPTY = IntentResult(
    intent=None,
    alternatives=[],
    abstained=Abstention(reason="empty", detail="The text has no words."),
)


class Part(NamedTuple):
    """The part of a text that was read.

    Attributes:
        text: the whole, as sent.
        start: first character of the part.
        end: character behind its last.
        offsets: characters of each of its tokens, counted from its start.
    """

    text: str
    start: int
    end: int
    offsets: Sequence[tuple[int, int]]

    @property
    def words(self) -> str:
        return self.text[self.start : self.end]


def result_of(
    part: Part,
    row: NDArray[np.float32],
    verdict: Verdict,
    foreign: DetectedLanguage | None,
    spec: ModelSpec,
    top_k: int,
) -> IntentResult:
    """The result of one text.

    Args:
        part: that was read of it.
        row: its calibrated probabilities, (C,).
        verdict: what was decided from them.
        foreign: the language of the text, where that is clearly none of the model's.
        spec: of the model.
        top_k: how many alternatives to list.
    """
    decision = verdict.decision
    ranked = _scored(row, decision.ranked[: top_k + 1], spec)
    if foreign is not None or decision.reason is not None:
        abstained = (
            _wrong_language(foreign, spec) if foreign else _abstention(row, verdict, part, spec)
        )
        return IntentResult(intent=None, alternatives=ranked[:top_k], abstained=abstained)
    return IntentResult(intent=ranked[0], alternatives=ranked[1:], abstained=None)


def slots_of(part: Part, found: Sequence[Found], names: Sequence[str], now: Setting) -> list[Slot]:
    """Slots with their plain values, at their places in the whole text."""
    slots = []
    for slot, start, end, confidence in found:
        words = part.text[part.start + start : part.start + end]
        slots.append(
            Slot(
                name=names[slot],
                text=words,
                start=part.start + start,
                end=part.start + end,
                value=plain_value(names[slot], words, now),
                confidence=round(confidence, DIGITS),
            )
        )
    return slots


def _scored(row: NDArray[np.float32], indices: NDArray[np.int64], spec: ModelSpec) -> list[Scored]:
    return [
        Scored(name=spec.labels[i].name, confidence=round(float(row[i]), DIGITS)) for i in indices
    ]


def _wrong_language(found: DetectedLanguage, spec: ModelSpec) -> Abstention:
    return Abstention(
        reason="wrong_language",
        detail=f"The text is not in a language that this model reads: {', '.join(spec.languages)}.",
        language=found.language,
        confidence=round(found.confidence, DIGITS),
    )


def _abstention(
    row: NDArray[np.float32], verdict: Verdict, part: Part, spec: ModelSpec
) -> Abstention:
    decision = verdict.decision
    assert decision.reason is not None
    abstained = Abstention(reason=decision.reason, detail=_DETAILS[decision.reason])
    if decision.reason == "denied":
        assert verdict.denied is not None
        index, probability = verdict.denied
        name = spec.labels[index].name
        abstained.denied = Scored(name=name, confidence=round(probability, DIGITS))
    elif verdict.wishes is not None:
        abstained.competing = _wishes(verdict.wishes, part, spec)
    elif decision.reason == "ambiguous":
        scored = _scored(row, decision.ranked[:2], spec)
        abstained.competing = [Competing(name=x.name, confidence=x.confidence) for x in scored]
    else:
        abstained.confidence = round(1.0 - float(row[decision.ranked[0]]), DIGITS)
    return abstained


def _wishes(wishes: TwoWishes, part: Part, spec: ModelSpec) -> list[Competing]:
    """The two wishes of a text, each with its words."""
    spans = (_trimmed(part, 0, wishes.at), _trimmed(part, wishes.at, part.end - part.start))
    return [
        Competing(name=spec.labels[index].name, confidence=round(confidence, DIGITS), span=span)
        for index, confidence, span in zip(wishes.intents, wishes.confidences, spans, strict=True)
    ]


def _trimmed(part: Part, start: int, end: int) -> Span:
    """A piece of the part without white space at its edges, in characters of the whole text."""
    words = part.words[start:end]
    first = start + len(words) - len(words.lstrip())
    return Span(start=part.start + first, end=part.start + first + len(words.strip()))
