"""What a search needs of a decoder, whatever its layers remember."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class DecoderState(Protocol):
    """One decoding of a batch: a step writes a piece for each row, a beam of a source.

    Attributes:
        ids: (B, 1) int64, the last pieces, to be set before each step but the first.
        logits: (B, 1, L) float32, the last step's.
        beams: rows of each source.
    """

    ids: Array
    logits: Array
    beams: int

    def step(self) -> Array:
        """Logits (B, 1, L) after `ids`; valid until the next step.

        Raises:
            DeadlineNear: the function is about to be stopped.
        """

    def follow(self, parents: Sequence[Sequence[int]], ids: Sequence[Sequence[int]]) -> None:
        """Let each beam go on from where its parent is.

        Args:
            parents: beam of the same source, for each beam of each source.
            ids: what each beam has written.
        """

    def keep(self, kept: Sequence[int]) -> None:
        """Go on with these sources, in this order, and no others; see `smaller`."""


def rows_of(sources: Sequence[int], beams: int) -> Array:
    """The rows of these sources, in their order."""
    return (np.array(sources)[:, None] * beams + np.arange(beams)).reshape(-1)
