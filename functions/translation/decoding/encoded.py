"""What the encoder gives the decoder."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.translation.decoding.state import Array


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
