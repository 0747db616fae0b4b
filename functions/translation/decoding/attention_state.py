"""A decoder whose layers attend to what was written: keys and values of every past position."""

from collections.abc import Mapping, Sequence

import numpy as np

from functions.translation.decoding.bound import BoundState, Sources
from functions.translation.decoding.state import Array
from shared.models.sessions import Session


class AttentionState(BoundState):
    """Caches (B, heads, T, H / heads) float32, which a search never moves.

    Attributes:
        indirection: (S, beams, T) int32, which beam holds each past position.
    """

    def __init__(
        self, session: Session, sources: Sources, past: Mapping[str, Array], logits: Array
    ) -> None:
        super().__init__(session, sources, past, logits)
        longest = next(iter(past.values())).shape[2]
        shape = len(sources.lengths), self.beams, longest
        self.indirection = np.zeros(shape, dtype=np.int32)
        self._beam_width = np.array([self.beams], dtype=np.int32)
        self._bind()

    @staticmethod
    def past_shapes(
        inputs: Mapping[str, Sequence[int]], rows: int, longest: int
    ) -> dict[str, tuple[int, ...]]:
        """See `BoundState.past_shapes`."""
        return {name: (rows, heads, longest, size) for name, (_, heads, _, size) in inputs.items()}

    def _own_inputs(self) -> dict[str, Array]:
        return {"cache_indirection": self.indirection, "beam_width": self._beam_width}

    def _reorder(self, parents: Array) -> None:
        each = np.arange(len(parents))[:, None]
        self.indirection[:] = self.indirection[each, parents]
        self.indirection[:, :, self.position[0] - 1] = parents

    def _keep_past(self, kept: Sequence[int]) -> None:
        past = int(self.position[0])
        moves = [(here, there) for here, there in enumerate(kept) if here != there]
        for here, there in moves:
            self.indirection[here] = self.indirection[there]
        for cache in self._past.values():
            by_source = cache.reshape(-1, self.beams, *cache.shape[1:])
            for here, there in moves:
                by_source[here, :, :, :past] = by_source[there, :, :, :past]
        self.indirection = self.indirection[: len(kept)]
        rows = len(kept) * self.beams
        self._past = {name: cache[:rows] for name, cache in self._past.items()}
