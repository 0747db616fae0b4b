"""What a decoder is given, and what a search needs of it, whatever its layers remember."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Encoded:
    """What the decoder needs to know of a batch of sources.

    Attributes:
        lengths: (S,) int64 tokens of each source.
        parts: the encoder's runs: which sources each one holds, and the keys and values of each
            decoder layer's cross-attention, by input name, each (part of S, T, H) float32.
    """

    lengths: Array
    parts: list[tuple[list[int], dict[str, Array]]]

    def __len__(self) -> int:
        return len(self.lengths)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of the keys and values of all sources together, by input name."""
        longest = int(self.lengths.max())
        parts = self.parts[0][1]
        return {name: (len(self), longest, array.shape[2]) for name, array in parts.items()}

    def write(self, arrays: Mapping[str, Array]) -> None:
        """Put the keys and values of all sources together, with zeros behind the shorter ones."""
        for sources, parts in self.parts:
            for name, part in parts.items():
                arrays[name][sources, : part.shape[1]] = part
                arrays[name][sources, part.shape[1] :] = 0.0


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
