"""Buffers of one decoding."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.translation.contract import present_of
from shared.models.sessions import Session, run_bound, to_tensor

Array = NDArray[Any]


class DecoderState:
    """Buffers bound to the decoder graph: a step changes them in place.

    Args:
        session: of the decoder graph.
        lengths: (S,) int64 tokens of each source.
        cross: keys and values of the cross-attention by input name, (S, T, H) float32.
        caches: of the self-attention, by input name, (B, heads, T, H / heads) float32; steps
            write them as well.
        logits: (B, 1, L) float32, which steps write.
        start: id that every row starts with.

    Attributes:
        ids: (B, 1) int64, the last tokens, to be set before each step but the first.
        logits: (B, 1, L) float32, the last step's.
        position: (1,) int32, how many steps there have been.
        indirection: (S, beams, T) int32, which beam holds each past position.
    """

    def __init__(
        self,
        session: Session,
        lengths: Array,
        cross: dict[str, Array],
        caches: dict[str, Array],
        logits: Array,
        start: int,
    ) -> None:
        (rows, _, longest, _), sources = next(iter(caches.values())).shape, len(lengths)
        self.ids = np.full((rows, 1), start)
        self.logits, self._caches = logits, caches
        self.position = np.zeros(1, dtype=np.int32)
        self.indirection = np.zeros((sources, rows // sources, longest), dtype=np.int32)
        self._lengths, self._cross, self._beams = lengths, cross, rows // sources
        width = next(iter(cross.values())).shape[2]
        self._constants: dict[str, Array] = {
            "beam_width": np.array([self._beams], dtype=np.int32),
            "by_source": np.array([-1, self._beams, width]),
        }
        self._session, self._binding = session, session.io_binding()
        self._bind()

    def _bind(self) -> None:
        self._each = np.arange(len(self._lengths))[:, None]
        inputs: dict[str, Array] = {
            "input_ids": self.ids,
            "position": self.position,
            "cache_indirection": self.indirection,
            "lengths": self._lengths,
            **self._constants,
            **self._cross,
            **self._caches,
        }
        for name, array in inputs.items():
            self._binding.bind_cpu_input(name, array)
        outputs = {present_of(name): cache for name, cache in self._caches.items()}
        # The binding does not keep the outputs that it was given alive.
        self._outputs = {n: to_tensor(a) for n, a in {**outputs, "logits": self.logits}.items()}
        for name, tensor in self._outputs.items():
            self._binding.bind_ortvalue_output(name, tensor)

    def step(self) -> Array:
        """Logits (B, 1, L) after `ids`; valid until the next step.

        Raises:
            DeadlineNear: the function is about to be stopped.
        """
        run_bound(self._session, self._binding)
        self.position[0] += 1
        return self.logits

    def follow(self, parents: Sequence[Sequence[int]], ids: Sequence[Sequence[int]]) -> None:
        """Let each beam go on from where its parent is.

        Args:
            parents: beam of the same source, for each beam of each source.
            ids: what each beam has written.
        """
        beams = np.array(parents)
        self.indirection[:] = self.indirection[self._each, beams]
        self.indirection[:, :, self.position[0] - 1] = beams
        self.ids.reshape(-1, self._beams)[:] = ids

    def keep(self, kept: Sequence[int]) -> None:
        """Go on with these sources, in this order, and no others; see `smaller`."""
        past, rows = int(self.position[0]), len(kept) * self._beams
        moves = [(here, there) for here, there in enumerate(kept) if here != there]
        for array in (self._lengths, self.indirection, *self._cross.values()):
            for here, there in moves:
                array[here] = array[there]
        for cache in self._caches.values():
            by_source = cache.reshape(-1, self._beams, *cache.shape[1:])
            for here, there in moves:
                by_source[here, :, :, :past] = by_source[there, :, :, :past]
        self.ids = self.ids[rows_of(kept, self._beams)]
        self.logits = self.logits[:rows]
        self._lengths, self.indirection = self._lengths[: len(kept)], self.indirection[: len(kept)]
        self._cross = {name: array[: len(kept)] for name, array in self._cross.items()}
        self._caches = {name: cache[:rows] for name, cache in self._caches.items()}
        self._bind()


def rows_of(sources: Sequence[int], beams: int) -> Array:
    """The rows of these sources, in their order."""
    return (np.array(sources)[:, None] * beams + np.arange(beams)).reshape(-1)
