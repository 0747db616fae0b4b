"""Buffers that are bound to a decoder graph once, and changed in place by each step."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from functions.translation.contract import present_of
from functions.translation.decoding.columns import Columns
from functions.translation.decoding.state import Array, rows_of
from shared.models.sessions import Session, run_bound, to_tensor


@dataclass(frozen=True)
class Sources:
    """What a batch of sources gives a decoder.

    Attributes:
        lengths: (S,) int64 tokens of each.
        cross: keys and values of the cross-attention by input name, (S, T, H) float32.
        columns: of the logits.
        start: id that every row starts with.
    """

    lengths: Array
    cross: Mapping[str, Array]
    columns: Columns
    start: int


class BoundState(ABC):
    """The part of a `DecoderState` that does not depend on what layers remember.

    Args:
        session: of the decoder graph.
        sources: of the batch.
        past: what the layers remember, by input name; steps write it as well.
        logits: (B, 1, L) float32, which steps write.

    Attributes:
        position: (1,) int32, how many steps there have been.
    """

    def __init__(
        self, session: Session, sources: Sources, past: Mapping[str, Array], logits: Array
    ) -> None:
        rows, count = len(logits), len(sources.lengths)
        self.beams = rows // count
        self.ids = np.full((rows, 1), sources.start)
        self.logits = logits
        self.position = np.zeros(1, dtype=np.int32)
        self._past, self._cross = dict(past), dict(sources.cross)
        self._lengths, self._columns = sources.lengths, sources.columns
        self._mask = sources.columns.mask(self.beams)
        width = next(iter(self._cross.values())).shape[2]
        self._by_source = np.array([-1, self.beams, width])
        self._session, self._binding = session, session.io_binding()

    @staticmethod
    @abstractmethod
    def past_shapes(
        inputs: Mapping[str, Sequence[int]], rows: int, longest: int
    ) -> dict[str, tuple[int, ...]]:
        """Shapes of what the layers remember.

        Args:
            inputs: shapes of the graph's inputs of that kind, by name.
            rows: of the batch.
            longest: most steps.
        """

    @abstractmethod
    def _own_inputs(self) -> dict[str, Array]:
        """Inputs of the graph that only this kind has."""

    @abstractmethod
    def _reorder(self, parents: Array) -> None:
        """Let what is remembered follow the beams (S, beams)."""

    @abstractmethod
    def _keep_past(self, kept: Sequence[int]) -> None:
        """Go on with what these sources remember."""

    def _bind(self) -> None:
        inputs: dict[str, Array] = {
            "input_ids": self.ids,
            "position": self.position,
            "lengths": self._lengths,
            "by_source": self._by_source,
            **self._cross,
            **self._past,
            **self._columns.given,
            **self._own_inputs(),
        }
        for name, array in inputs.items():
            self._binding.bind_cpu_input(name, array)
        outputs = {present_of(name): array for name, array in self._past.items()}
        # The binding does not keep the outputs that it was given alive.
        self._outputs = {n: to_tensor(a) for n, a in {**outputs, "logits": self.logits}.items()}
        for name, tensor in self._outputs.items():
            self._binding.bind_ortvalue_output(name, tensor)

    def step(self) -> Array:
        """See `DecoderState.step`."""
        run_bound(self._session, self._binding)
        self.position[0] += 1
        if self._mask is not None:
            self.logits += self._mask
        return self.logits

    def follow(self, parents: Sequence[Sequence[int]], ids: Sequence[Sequence[int]]) -> None:
        """See `DecoderState.follow`."""
        self._reorder(np.array(parents))
        self.ids.reshape(-1, self.beams)[:] = ids

    def keep(self, kept: Sequence[int]) -> None:
        """See `DecoderState.keep`."""
        rows = rows_of(kept, self.beams)
        for here, there in enumerate(kept):
            if here != there:
                for array in (self._lengths, *self._cross.values()):
                    array[here] = array[there]
        self._keep_past(kept)
        self.ids, self.logits = self.ids[rows], self.logits[: len(rows)]
        if self._mask is not None:
            self._mask = self._mask[rows]
        self._lengths = self._lengths[: len(kept)]
        self._cross = {name: array[: len(kept)] for name, array in self._cross.items()}
        self._bind()
