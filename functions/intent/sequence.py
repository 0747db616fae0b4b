"""The likeliest sequence of tags for the tokens of a text.

A token's own likeliest tag is not the whole matter: a slot goes on only behind its own start, two
values of one kind seldom stand side by side with nothing between, and slots start and end with
words. What breaks with that costs log odds (Viterbi over BIO tags); the costs were chosen on
held-out messages.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

START = 1.0  # of a slot
AGAIN = 2.0  # of a value right behind another of its kind
INSIDE_WORD = 1.0  # of a slot that starts or ends between two letters
NEVER = -1e9


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log probabilities, (T, K), of logits (T, K)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@lru_cache(maxsize=4)
def _costs(tags: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What it costs to go from one tag to another, (K, K): between words, and inside one."""
    between = np.zeros((tags, tags), dtype=np.float32)
    between[0, 1::2] = -START
    between[:, 2::2] = NEVER
    for first in range(1, tags, 2):
        between[first : first + 2, first] = -AGAIN
        between[first : first + 2, first + 1] = 0.0
    inside = between.copy()
    inside[:, 1::2] -= INSIDE_WORD
    inside[1:, 0] -= INSIDE_WORD
    return between, inside


def _is_inside_word(text: str, start: int, end_before: int) -> bool:
    return end_before == start and text[start - 1 : start + 1].isalpha() and start > 0


def best_tags(
    text: str, offsets: Sequence[tuple[int, int]], logs: NDArray[np.float32]
) -> list[int]:
    """The tags of a text's tokens.

    Args:
        text: that was encoded.
        offsets: characters of each token, (T, 2).
        logs: log probabilities of each token's tags, (T, 2 S + 1): none, then for each slot its
            first token and one that goes on with it.
    """
    if not logs.argmax(axis=1).any():
        return [0] * len(logs)
    between, inside = _costs(logs.shape[1])
    best = logs[0] + between[0]  # (K,): of the tokens so far, by the last one's tag
    came: list[NDArray[np.intp]] = []
    for (_, end), (start, _), row in zip(offsets[:-1], offsets[1:], logs[1:], strict=True):
        costs = inside if _is_inside_word(text, start, end) else between
        ways = best[:, None] + costs  # (K, K)
        came.append(ways.argmax(axis=0))
        best = ways.max(axis=0) + row
    tags = [int(best.argmax())]
    for ways in reversed(came):
        tags.append(int(ways[tags[-1]]))
    return tags[::-1]
