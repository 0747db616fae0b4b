"""Shaping what was decided into the response's results."""

import re

import numpy as np
from numpy.typing import NDArray

from functions.intent.decision import Decision
from functions.intent.schemas import Abstention, IntentResult, Scored
from shared.language import DetectedLanguage, clearly_other
from shared.models.spec import ModelSpec

DIGITS = 4  # of a confidence; beyond them int8 says nothing
_DETAILS = {
    "out_of_scope": "The text asks for none of the intents that this model knows.",
    "ambiguous": "More than one intent fits; ask the customer which one is meant.",
}


# Anything to read: a letter or a digit in any script.
WORD = re.compile(r"[^\W_]")
# The answer to a text without words, such as an empty one or one of emoji alone.
EMPTY = IntentResult(
    intent=None,
    alternatives=[],
    abstained=Abstention(reason="empty", detail="The text has no words."),
)


def result_of(
    text: str, row: NDArray[np.float32], decision: Decision, spec: ModelSpec, top_k: int
) -> IntentResult:
    """The result of one text.

    Args:
        text: the text.
        row: its calibrated probabilities, (C,).
        decision: what was decided from them.
        spec: of the model.
        top_k: how many alternatives to list.
    """
    ranked = _scored(row, decision.ranked[: top_k + 1], spec)
    foreign = clearly_other(text, spec.languages)
    if foreign is not None or decision.reason is not None:
        abstained = _wrong_language(foreign, spec) if foreign else _abstention(row, decision, spec)
        return IntentResult(intent=None, alternatives=ranked[:top_k], abstained=abstained)
    return IntentResult(intent=ranked[0], alternatives=ranked[1:], abstained=None)


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


def _abstention(row: NDArray[np.float32], decision: Decision, spec: ModelSpec) -> Abstention:
    assert decision.reason is not None
    abstained = Abstention(reason=decision.reason, detail=_DETAILS[decision.reason])
    if decision.reason == "ambiguous":
        abstained.competing = _scored(row, decision.ranked[:2], spec)
    else:
        abstained.confidence = round(1.0 - float(row[decision.ranked[0]]), DIGITS)
    return abstained
