"""Two wishes in one message: where the one ends, the other begins, and how clearly.

A model that reads tokens gives for each token how likely it is part of a wish for each intent.
A text holds two wishes where it falls into two parts, each of which is about another intent
than the rest. The same function chooses the threshold in training and decides in serving.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_TOKENS = 2  # of a part


@dataclass(frozen=True, slots=True)
class TwoWishes:
    """The best division of a text into two parts.

    Attributes:
        intents: indices of the intents of both parts.
        at: first token of the second part.
        clearness: by how much each part's tokens prefer their intent to the other part's, as a
            mean of log odds, of the less clear part; negative where there is no second wish.
        confidences: mean probability of the intent over each part's tokens.
    """

    intents: tuple[int, int]
    at: int
    clearness: float
    confidences: tuple[float, float]


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log probabilities, (T, C), of logits (T, C)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def divide(token_logits: NDArray[np.float32]) -> TwoWishes | None:
    """The division of a text into the two likeliest wishes.

    Args:
        token_logits: of each token's wish, (T, C).

    Returns:
        None where the text is too short to hold two.
    """
    count = len(token_logits)
    if count < 2 * LEAST_TOKENS:
        return None
    logs = log_softmax(token_logits)  # (T, C)
    sums = logs.cumsum(axis=0)  # (T, C): of the tokens up to each
    ends = np.arange(LEAST_TOKENS - 1, count - LEAST_TOKENS)  # last token of the first part
    before, after = sums[ends], sums[-1] - sums[ends]  # (D, C)
    likelihood = before.max(axis=1) + after.max(axis=1)  # (D,)
    best = int(likelihood.argmax())
    first, second = int(before[best].argmax()), int(after[best].argmax())
    at = int(ends[best]) + 1
    if first == second:
        return TwoWishes((first, second), at, -np.inf, (0.0, 0.0))
    odds = logs[:, first] - logs[:, second]  # (T,)
    confidences = np.exp(logs[:at, first]).mean(), np.exp(logs[at:, second]).mean()
    clearness = min(float(odds[:at].mean()), -float(odds[at:].mean()))
    return TwoWishes((first, second), at, clearness, (float(confidences[0]), float(confidences[1])))
