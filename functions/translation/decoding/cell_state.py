"""A decoder whose layers are recurrent cells: a vector each, however much was written."""

from collections.abc import Mapping, Sequence

import numpy as np

from functions.translation.decoding.bound import BoundState, Sources
from functions.translation.decoding.state import Array, rows_of
from shared.models.sessions import Session


class CellState(BoundState):
    """Cells (B, 1, H) float32, which are copied from beam to beam: there is no more to a past."""

    def __init__(
        self, session: Session, sources: Sources, past: Mapping[str, Array], logits: Array
    ) -> None:
        super().__init__(session, sources, past, logits)
        for cell in self._past.values():
            cell[:] = 0.0
        self._bind()

    @staticmethod
    def past_shapes(
        inputs: Mapping[str, Sequence[int]],
        rows: int,
        longest: int,  # noqa: ARG004
    ) -> dict[str, tuple[int, ...]]:
        """See `BoundState.past_shapes`."""
        return {name: (rows, 1, width) for name, (_, _, width) in inputs.items()}

    def _own_inputs(self) -> dict[str, Array]:
        return {}

    def _move(self, rows: Array) -> None:
        for cell in self._past.values():
            cell[: len(rows)] = cell[rows]

    def _reorder(self, parents: Array) -> None:
        firsts = np.arange(len(parents))[:, None] * self.beams
        self._move((firsts + parents).reshape(-1))

    def _keep_past(self, kept: Sequence[int]) -> None:
        rows = rows_of(kept, self.beams)
        self._move(rows)
        self._past = {name: cell[: len(rows)] for name, cell in self._past.items()}
