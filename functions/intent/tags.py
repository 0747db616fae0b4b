"""Slots of a text, from what a model says of its tokens.

Each token has one of 2 S + 1 tags: 0 for no slot, 1 + 2 s for the first token of slot s, and
2 + 2 s for one that goes on with it (BIO: Ramshaw & Marcus, 1995, arXiv:cmp-lg/9505040).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from functions.intent.kinds import Words, is_loose, is_sign, settle
from functions.intent.sequence import best_tags, log_softmax
from functions.intent.spelling import values_in, whole_value

_EDGES = " \t\n,.;:!?¡¿\"'()[]«»"
_CLOSING = {")": "(", "]": "["}
# A slot, its first character, the one behind its last, and its tokens' probabilities.
_Run = tuple[int, int, int, list[float]]


class Found(NamedTuple):
    """A slot's place in the text.

    Attributes:
        slot: index.
        start: first character.
        end: character behind the last.
        confidence: mean probability of its tokens' tags.
    """

    slot: int
    start: int
    end: int
    confidence: float


def spelled(offsets: Sequence[tuple[int, int]]) -> list[int]:
    """Places of the tokens that stand for characters, as the start of a text does not."""
    return [place for place, (start, end) in enumerate(offsets) if end > start]


def find_slots(
    text: str,
    offsets: Sequence[tuple[int, int]],
    tag_logits: NDArray[np.float32],
    names: Sequence[str],
) -> list[Found]:
    """The slots of a text in their order.

    Args:
        text: that was encoded.
        offsets: characters of each token, (T, 2).
        tag_logits: (T, 2 S + 1).
        names: of the slots, (S,).
    """
    if not len(tag_logits) or not tag_logits.argmax(axis=1).any():
        return []  # as of most texts, whose tokens are all likeliest in none
    logs = log_softmax(tag_logits)
    tags = best_tags(text, offsets, logs)
    certain = np.exp(logs[np.arange(len(tags)), tags]).tolist()
    runs: list[_Run] = []
    for (start, end), tag, probability in zip(offsets, tags, certain, strict=True):
        if tag == 0:
            continue
        slot = (tag - 1) // 2
        if runs and _goes_on(text, runs[-1], slot, start, begins=tag % 2 == 1):
            known, first, _, probabilities = runs[-1]
            runs[-1] = (known, first, end, [*probabilities, probability])
        else:
            runs.append((slot, start, end, [probability]))
    return _told_once(_settled(text, _whole(text, runs), names)) if runs else []


def _settled(text: str, runs: Sequence[_Run], names: Sequence[str]) -> list[_Run]:
    """Runs of a kind that their words can be; an article goes with the value behind it."""
    known, settled = frozenset(names), []
    for place, (slot, start, end, p) in enumerate(runs):
        before = runs[place - 1] if place else None
        first = before[1] if before and _is_article_of(text, before, slot, start) else start
        limit = runs[place + 1][1] if place + 1 < len(runs) else len(text)
        words = settle(text[: max(limit, end)], Words(names[slot], first, end), known)
        if words is not None:
            settled.append((names.index(words.name), words.start, words.end, p))
    return settled


def _is_article_of(text: str, before: _Run, slot: int, start: int) -> bool:
    known, first, last, _ = before
    return known == slot and text[last:start].isspace() and is_loose(text[first:last])


def _whole(text: str, runs: Sequence[_Run]) -> list[_Run]:
    """Runs of tokens grown to whole words, and to values that no other slot has a part of."""
    trimmed = [(slot, *whole_words(text, start, end), p) for slot, start, end, p in runs]
    values = values_in(text)
    shared = [
        value
        for value in values
        if len({slot for slot, start, end, _ in trimmed if value[0] < end and start < value[1]}) > 1
    ]
    own = [value for value in values if value not in shared]
    return [
        (slot, *whole_value(own, start, end), p) for slot, start, end, p in trimmed if start < end
    ]


def _told_once(runs: Sequence[_Run]) -> list[Found]:
    """Slots of runs: those of one kind that overlap are one; of two kinds the first is told."""
    apart: list[_Run] = []
    for slot, start, end, probabilities in runs:
        if not apart or start >= apart[-1][2]:
            apart.append((slot, start, end, probabilities))
        elif slot == apart[-1][0]:
            _, first, last, known = apart[-1]
            apart[-1] = (slot, first, max(last, end), [*known, *probabilities])
    return [Found(slot, start, end, float(np.mean(p))) for slot, start, end, p in apart]


def _goes_on(text: str, run: _Run, slot: int, start: int, *, begins: bool) -> bool:
    """Whether a token belongs to the run before it: by its tag, or as a part of the same word."""
    known, _, end, _ = run
    if known != slot or text[end:start].strip():
        return False
    inside = end == start and text[end - 1 : end + 1].isalnum() and text[end : end + 1] != ""
    return not begins or inside


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A place in a text, grown to whole words and without punctuation at its edges."""
    while start < end and (text[start] in _EDGES or is_sign(text[start])):
        start += 1
    while start < end and (text[end - 1] in _EDGES or is_sign(text[end - 1])):
        if text[end - 1] in _CLOSING and _CLOSING[text[end - 1]] in text[start : end - 1]:
            break
        end -= 1
    while 0 < start < end and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while start < end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    return start, end
