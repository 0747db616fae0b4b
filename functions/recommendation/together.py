"""Which items are bought together: pairs with their strengths, beside the model.

A pair's strength is its normalised pointwise mutual information (Bouma, 2009), in which how often
items are bought at all does not count, shrunk where there are few baskets with both. It is the same
in both directions. The training writes the table (`training.recommendation.together`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

TOGETHER_FILE = "together.npz"
STEPS = 255  # of a strength, from 0 to 1


@dataclass(frozen=True)
class Together:
    """Pairs of N items, by the first one.

    Attributes:
        starts: (N + 1,) int64, where the pairs of each item begin.
        others: (P,) int64, the second item of each.
        strengths: (P,) float64, from 0 to 1.
    """

    starts: NDArray[np.int64]
    others: NDArray[np.int64]
    strengths: NDArray[np.float64]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file that `save` wrote."""
        with np.load(path) as stored:
            counts, others, steps = stored["counts"], stored["others"], stored["strengths"]
        starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        return cls(starts, others.astype(np.int64), steps / STEPS)

    def save(self, path: Path) -> None:
        """Write the table, as small as numbers of its sizes can be."""
        items = len(self.starts) - 1
        np.savez_compressed(
            path,
            counts=np.diff(self.starts).astype(np.uint16),
            others=self.others.astype(np.uint16 if items <= 2**16 else np.uint32),
            strengths=np.rint(self.strengths * STEPS).astype(np.uint8),
        )

    def with_basket(self, rows: Sequence[int]) -> NDArray[np.float64]:
        """Of each item, (N,), its mean strength with those of a basket; 0 for the basket's own."""
        sums = np.zeros(len(self.starts) - 1)
        for row in rows:
            pairs = slice(self.starts[row], self.starts[row + 1])
            sums[self.others[pairs]] += self.strengths[pairs]
        sums[list(rows)] = 0
        return sums / max(len(rows), 1)


def distinct(rows: Iterable[int | None]) -> list[int]:
    """Rows of items that the catalogue has, each once."""
    return list(dict.fromkeys(row for row in rows if row is not None))
