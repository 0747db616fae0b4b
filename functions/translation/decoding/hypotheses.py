"""What a search has written, and what it may write."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_PERIOD = 6  # longest repeated run of tokens that the guard looks for
MAX_REPEATS = 3
CHECK_EVERY = 4  # steps between looks at repetition

Array = NDArray[Any]


@dataclass(frozen=True)
class Hypothesis:
    """One translation.

    Attributes:
        ids: pieces without the end token.
        score: log-probability a token, in nats; 0 for greedy search, which does not compute it.
        complete: False where the step limit or the repetition guard ended it.
    """

    ids: list[int]
    score: float = 0.0
    complete: bool = True


@dataclass(frozen=True)
class Constraints:
    """What each source's translation may hold.

    Attributes:
        limits: (S,) most pieces.
        placeholders: (S, P) bool, which placeholders the source holds; each may be written once,
            the others never.
    """

    limits: Array
    placeholders: Array


def step_limit(source_tokens: int, most: int) -> int:
    """Most pieces for a source of so many tokens: twice as many and a few."""
    return min(most, 2 * source_tokens + 8)


def repeats(ids: Sequence[int]) -> int:
    """Length of the run that the sequence ends with `MAX_REPEATS` times over; 0 where none is."""
    for period in range(1, min(MAX_PERIOD, len(ids) // MAX_REPEATS) + 1):
        tail = ids[-period * MAX_REPEATS :]
        if tail[period:] == tail[:-period]:
            return period
    return 0


def without_repetition(ids: list[int]) -> list[int]:
    """The sequence with only the first of the runs that it ends with."""
    period = repeats(ids)
    return ids[: len(ids) - period * (MAX_REPEATS - 1)] if period else ids


def best(found: Sequence[Hypothesis], count: int) -> list[Hypothesis]:
    """At most ``count`` distinct ones, best first; a complete one before any other."""
    distinct: dict[tuple[int, ...], Hypothesis] = {}
    for hypothesis in sorted(found, key=lambda one: (not one.complete, -one.score)):
        distinct.setdefault(tuple(hypothesis.ids), hypothesis)
    return list(distinct.values())[:count]


class PlaceholderGuard:
    """Keeps rows from writing placeholders that they do not hold, or hold no more.

    Args:
        first: column of the first placeholder, which only others come after.
        allowed: (B, P) bool, as in `Constraints`.
    """

    def __init__(self, first: int, allowed: Array) -> None:
        self._first = first
        self._allowed = allowed.copy()  # (B, P)
        self._none = not allowed.any()  # the usual case, and the quick one

    def forbid(self, logits: Array) -> None:
        """Make placeholders that may not be written impossible in the logits (B, 1, L)."""
        if self._none:
            logits[:, :, self._first :] = -np.inf
        else:
            logits[:, 0, self._first :][~self._allowed] = -np.inf

    def greatest(self, logits: Array) -> Array:
        """Columns (B,) of the greatest of the logits (B, 1, L) that may be written."""
        if self._none:
            return np.asarray(logits[:, 0, : self._first].argmax(axis=1))
        self.forbid(logits)
        return np.asarray(logits[:, 0].argmax(axis=1))

    def mark(self, columns: Array) -> None:
        """Note the column (B,) that each row has written."""
        if self._none:
            return
        for row in np.flatnonzero(columns >= self._first):
            self._allowed[row, columns[row] - self._first] = False

    def keep(self, rows: Sequence[int] | Array) -> None:
        """Go on with these rows, in this order."""
        if not self._none:
            self._allowed = self._allowed[rows]

    def follow(self, parents: Sequence[Sequence[int]], columns: Sequence[Sequence[int]]) -> None:
        """Go on from these beams of each source, which have written these columns."""
        if not self._none:
            beams = len(parents[0])
            self.keep((np.arange(len(parents))[:, None] * beams + parents).reshape(-1))
            self.mark(np.array(columns).reshape(-1))
