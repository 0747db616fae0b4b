"""The decoder of a batch: a graph, and the columns of its logits."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from functions.translation.decoding.bound import BoundState, Sources
from functions.translation.decoding.columns import Columns
from functions.translation.decoding.state import Array, DecoderState, Encoded
from functions.translation.decoding.workspace import Workspace
from shared.models.sessions import Session

_PAST = "past_"
_CELL = "past_cell_"


class DecoderGraph:
    """The decoder for the columns of a batch.

    Args:
        session: of the decoder graph.
        search: session that finds the best continuations of beams.
        columns: of the logits.
        start: id that every translation starts with.
        workspace: that its batches use.

    Attributes:
        pieces: (L,) int64 ids that the columns stand for.
        ids: the same, quicker to look single ones up in.
        first_placeholder: column of the first placeholder.
        end: column of the end token.
    """

    def __init__(
        self,
        session: Session,
        search: Session,
        columns: Columns,
        start: int,
        workspace: Workspace,
    ) -> None:
        self.search = search
        self.pieces: Array = columns.pieces
        self.ids = columns.ids
        self.end = columns.end
        self.first_placeholder = columns.first_placeholder
        self._columns = columns
        self._session, self._start, self._workspace = session, start, workspace
        self._past = {
            entry.name: entry.shape
            for entry in session.get_inputs()
            if entry.name.startswith(_PAST)
        }
        self._kind = _kind_of_state(self._past)

    @property
    def places(self) -> dict[int, int]:
        """The first column of each piece."""
        return self._columns.places

    @contextmanager
    def start(self, encoded: Encoded, longest: int, beams: int = 1) -> Iterator[DecoderState]:
        """A state for at most ``longest`` steps over the encoded sources."""
        rows = len(encoded) * beams
        cross = encoded.shapes()
        past = self._kind.past_shapes(self._past, rows, longest)
        logits = {"logits": (rows, 1, len(self.ids))}
        with self._workspace.lend({**cross, **past, **logits}) as lent:
            encoded.write(lent)
            sources = Sources(
                encoded.lengths.copy(),
                {name: lent[name] for name in cross},
                self._columns,
                self._start,
            )
            yield self._kind(
                self._session, sources, {name: lent[name] for name in past}, lent["logits"]
            )


def _kind_of_state(past: Iterable[str]) -> type[BoundState]:
    """What remembers the tensors with these names; a model needs one of the two."""
    if any(name.startswith(_CELL) for name in past):
        from functions.translation.decoding.cell_state import CellState  # noqa: PLC0415

        return CellState
    from functions.translation.decoding.attention_state import AttentionState  # noqa: PLC0415

    return AttentionState
