"""The pieces that a batch may write: the columns of its logits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from functions.translation.contract import (
    BLOCK,
    EMBEDDING,
    OUTPUT_BIAS,
    OUTPUT_WEIGHT,
    SHORTLIST,
    SHORTLIST_ALWAYS,
    SHORTLIST_STARTS,
)
from functions.translation.decoding.state import Array

NEVER = np.float32(-1e9)  # logit of a piece that is never written


@dataclass(frozen=True)
class Columns:
    """Columns of the logits.

    Attributes:
        pieces: (L,) int64 ids that they stand for.
        placeholders: how many of them, the last ones, are placeholders.
        end_id: of the end token.
        given: inputs of the decoder graph that they need; none where its session has them.
        allowed: (S, L) bool, which of them each source may write; None where each may all.
    """

    pieces: Array
    placeholders: int
    end_id: int
    given: Mapping[str, Array] = field(default_factory=dict)
    allowed: Array | None = None

    @cached_property
    def ids(self) -> list[int]:
        return [int(piece) for piece in self.pieces.tolist()]

    @cached_property
    def places(self) -> dict[int, int]:
        """The first column of each piece."""
        return dict(zip(reversed(self.ids), range(len(self.ids) - 1, -1, -1), strict=True))

    @property
    def end(self) -> int:
        """Column of the end token."""
        return self.ids.index(self.end_id)

    @property
    def first_placeholder(self) -> int:
        return len(self.pieces) - self.placeholders

    def mask(self, beams: int) -> Array | None:
        """(B, 1, L) float32 to add to the logits of all beams; None where there is nothing to."""
        if self.allowed is None:
            return None
        masks: Array = np.where(self.allowed, np.float32(0), NEVER)  # (S, L)
        return np.repeat(masks, beams, axis=0)[:, None]


class Shortlist:
    """Chooses the columns of a batch: what the pieces of its sources are ever translated into.

    A source may write what is on its own list, whatever else is in its batch.

    Args:
        tables: of the model.
        placeholders: ids of them.
        end_id: of the end token.
        padding: id of a piece that is never written.
        shared: whether both sides have one vocabulary, so that a piece may be copied.
    """

    def __init__(
        self,
        tables: Mapping[str, Array],
        placeholders: Sequence[int],
        end_id: int,
        padding: int,
        *,
        shared: bool,
    ) -> None:
        self._table, self._bias = tables[EMBEDDING], tables[OUTPUT_BIAS]
        self._lists, self._starts = tables[SHORTLIST], tables[SHORTLIST_STARTS].tolist()
        self._always = tables[SHORTLIST_ALWAYS]
        self._placeholders, self._end_id = list(placeholders), end_id
        self._padding, self._shared = padding, shared

    def _of(self, row: Sequence[int]) -> Array:
        """Which pieces (V,) bool a source may become, placeholders left out."""
        allowed = np.zeros(len(self._table), dtype=bool)
        allowed[self._always] = True
        allowed[self._end_id] = True
        starts = self._starts
        for token in set(row):
            allowed[self._lists[starts[token] : starts[token + 1]]] = True
        if self._shared:
            allowed[list(row)] = True
        allowed[self._placeholders] = False
        return allowed

    def columns(self, rows: Sequence[Sequence[int]]) -> Columns:
        """The columns of a batch, a whole number of blocks.

        Args:
            rows: ids of each source with its end token.
        """
        each = [self._of(row) for row in rows]
        chosen = np.flatnonzero(np.stack(each).any(axis=0)) if each else np.array([self._end_id])
        filled = len(chosen) + len(self._placeholders)
        padding = [self._padding] * (-filled % BLOCK)
        pieces = np.concatenate([chosen, padding, self._placeholders]).astype(np.int64)
        weight = self._table[pieces].T  # (H, L)
        given = {OUTPUT_WEIGHT: np.ascontiguousarray(weight), OUTPUT_BIAS: self._bias[pieces]}
        allowed = None
        if len(rows) > 1:
            allowed = np.stack([one[pieces] for one in each])  # (S, L)
            # Which placeholders a source may write is for the search to say.
            allowed[:, len(pieces) - len(self._placeholders) :] = True
        return Columns(pieces, len(self._placeholders), self._end_id, given, allowed)
