"""What serving hands to the graphs: tables of embeddings, with rows for placeholders, shortlists.

A model that was trained without placeholders is given the embedding of a word for each: a name
that it copies from the source to the translation, wherever it stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from functions.translation.contract import (
    BLOCK,
    EMBEDDING,
    OUTPUT_BIAS,
    PIECES,
    SHORTLIST,
    SHORTLIST_ALWAYS,
    SHORTLIST_STARTS,
    SOURCE_EMBEDDING,
    TABLES_FILE,
)
from functions.translation.decoding.columns import NEVER
from training.graph_builder import Array
from training.translation.firefox.binary import Quantized
from training.translation.firefox.lexicon import Lexicon
from training.translation.firefox.vocabulary import UNKNOWN
from training.translation.firefox.weights import OUTPUT_BIAS as BIAS
from training.translation.firefox.weights import Weights

_PREFERENCE = np.float32(1e-3)  # of a placeholder over the word that it is taken for


@dataclass(frozen=True)
class Standins:
    """The pieces that placeholders are taken for, by their order, on either side."""

    source: Sequence[int]
    target: Sequence[int]


@dataclass(frozen=True)
class Tables:
    """Tables of a model: rows of the vocabulary, of placeholders, and one of zeros to start with.

    Attributes:
        start: the row of zeros.
    """

    model: Weights
    standins: Standins
    lexicon: Lexicon | None
    target: str

    @property
    def rows(self) -> tuple[int, int]:
        """Of the table of the source and of that of the target."""
        source, target = self.model.architecture.vocabularies
        more = len(self.standins.target) + 1
        if self.model.architecture.one_vocabulary:
            return target + more, target + more
        return source + len(self.standins.source), target + more

    @property
    def start(self) -> int:
        return self.rows[1] - 1

    @property
    def columns(self) -> int | None:
        """Of the output layer; None where a shortlist chooses them."""
        return None if self.lexicon else -(-(self.rows[1] - 1) // BLOCK) * BLOCK

    def write(self, folder: Path, *, int8: bool) -> None:
        """Write all of them."""
        tables: dict[str, Array] = {}
        none = np.zeros((1, self.model.architecture.width), np.int8)
        target = self.model.target_table
        tables[EMBEDDING] = _values(target, self.standins.target, none, int8=int8)
        if not self.model.architecture.one_vocabulary:
            source = self.model.source_table
            tables[SOURCE_EMBEDDING] = _values(source, self.standins.source, none[:0], int8=int8)
        tables[OUTPUT_BIAS] = self._bias()
        tables |= self._pieces() if self.lexicon is None else self._shortlist(self.lexicon)
        np.savez(folder / TABLES_FILE, allow_pickle=False, **tables)

    def _bias(self) -> NDArray[np.float32]:
        bias = self.model.vector(BIAS).copy()  # (V,)
        bias[UNKNOWN] = NEVER
        more = bias[list(self.standins.target)] + _PREFERENCE
        return np.concatenate([bias, more, [NEVER]]).astype(np.float32)

    def _pieces(self) -> dict[str, Array]:
        """Every piece as a column, and placeholders last."""
        vocabulary = self.model.architecture.vocabularies[1]
        placeholders = np.arange(vocabulary, self.start)
        columns = self.columns or 0
        padding = [self.start] * (columns - vocabulary - len(placeholders))
        ids = np.concatenate([np.arange(vocabulary), padding, placeholders])
        return {PIECES.format(self.target): ids.astype(np.uint32)}

    def _shortlist(self, lexicon: Lexicon) -> dict[str, Array]:
        """The lists; those of placeholders are empty."""
        starts = np.pad(lexicon.starts, (0, len(self.standins.source)), mode="edge")
        return {
            SHORTLIST: lexicon.pieces.astype(np.uint16 if self.rows[1] <= 2**16 else np.uint32),
            SHORTLIST_STARTS: starts.astype(np.uint32),
            SHORTLIST_ALWAYS: np.arange(lexicon.frequent, dtype=np.uint16),
        }


def _values(table: Quantized, standins: Sequence[int], end: Array, *, int8: bool) -> Array:
    values = np.concatenate([table.values, table.values[list(standins)], end])
    if int8:
        return np.ascontiguousarray(values)
    return Quantized(values, table.multiplier).exact()
