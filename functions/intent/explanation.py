"""Word weights by occlusion (Zeiler & Fergus, 2014; Li et al., 2016, arXiv:1612.08220).

Each word is left out in turn and all variants run as one batch: a word's weight is how much
the class's probability falls without it.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\S+")

Probabilities = Callable[[Sequence[str]], NDArray[np.float32]]


class Occluded(NamedTuple):
    """A text's words, and the text without each of them."""

    words: list[str]
    variants: list[str]


def occlude(text: str) -> Occluded:
    """The words of ``text`` (split at white space) and its variants without one of them."""
    spans = [match.span() for match in _WORD.finditer(text)]
    return Occluded(
        words=[text[start:end] for start, end in spans],
        variants=[text[:start] + text[end:] for start, end in spans],
    )


def explain(
    texts: Sequence[str],
    classes: Sequence[int],
    base: NDArray[np.float32],
    probabilities: Probabilities,
) -> list[list[tuple[str, float]]]:
    """Weights of the words of each text for its class.

    Args:
        texts: N texts.
        classes: the class to explain, one per text.
        base: probabilities of the whole texts, (N, C).
        probabilities: of any texts, (M, C); called once, for all variants.

    Returns:
        Per text its words in order, each with ``p(class | text) - p(class | text without it)``.
    """
    occluded = [occlude(text) for text in texts]
    variants = [variant for item in occluded for variant in item.variants]
    without = probabilities(variants) if variants else base  # (M, C)
    explained: list[list[tuple[str, float]]] = []
    offset = 0
    for row, (words, _), label in zip(base, occluded, classes, strict=True):
        rest = without[offset : offset + len(words), label]  # (words,)
        offset += len(words)
        weights = (row[label] - rest) if words else ()
        explained.append([(word, float(w)) for word, w in zip(words, weights, strict=True)])
    return explained
