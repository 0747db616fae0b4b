"""Beam search over a step graph, for all sources of a batch at once."""

from collections.abc import Sequence

import numpy as np

from functions.translation.contract import BLOCK
from functions.translation.decoding.batches import smaller
from functions.translation.decoding.boosts import Booster
from functions.translation.decoding.graph import DecoderGraph
from functions.translation.decoding.hypotheses import (
    CHECK_EVERY,
    Array,
    Constraints,
    Hypothesis,
    PlaceholderGuard,
    best,
    repeats,
    without_repetition,
)
from functions.translation.decoding.state import DecoderState, Encoded, rows_of
from shared.models.sessions import Session, run_bound, to_tensor

Beams = list[list[int]]  # a number for each beam of each source


def beam(
    decoder: DecoderGraph,
    encoded: Encoded,
    constraints: Constraints,
    beams: int,
    alpha: float = 1.0,
    booster: Booster | None = None,
) -> list[list[Hypothesis]]:
    """The most probable sequences of each source, best first.

    A hypothesis' score is its log-probability over its length, end token included, to the power
    of ``alpha``. Sources whose search is over leave the batch now and then; see `smaller`.
    """
    held = np.repeat(constraints.placeholders, beams, axis=0)
    guard = PlaceholderGuard(decoder.first_placeholder, held)
    with decoder.start(encoded, int(constraints.limits.max()), beams) as state:
        tree = Tree(state, constraints.limits.tolist(), decoder.ids, decoder.end, alpha)
        continuations = Continuations(decoder.search, state.logits, tree.totals)
        while tree.going:
            state.step()
            guard.forbid(state.logits)
            if booster:
                booster.boost(state.logits)
            parents, columns = tree.grow(*continuations.find())
            guard.follow(parents, columns)
            if booster:
                booster.follow(parents, columns)
            kept = smaller(tree.going, len(parents))
            if kept:
                rows = rows_of(kept, beams)
                guard.keep(rows)
                if booster:
                    booster.keep(rows)
                tree.keep(kept)
                continuations = Continuations(decoder.search, state.logits, tree.totals)
    return [best(found, beams) for found in tree.ended]


class Tree:
    """The hypotheses of every source of a batch: those that are open, and those that ended.

    A piece stays in the slot of the beam that wrote it; a hypothesis is read from its last slot
    back, from parent to parent.

    Args:
        state: of the decoder, which follows the tree.
        limits: most pieces of each source.
        ids: of the pieces that the columns stand for.
        end: column of the end token.
        alpha: power of the length that a score is divided by.

    Attributes:
        going: places in the batch of the sources whose search goes on.
        totals: (S, beams) float32 log-probability of each open hypothesis.
        ended: by source, in the order that the batch began with.
    """

    def __init__(
        self,
        state: DecoderState,
        limits: Sequence[int],
        ids: Sequence[int],
        end: int,
        alpha: float = 1.0,
    ) -> None:
        sources, self._beams = len(limits), state.beams
        self.going = list(range(sources))
        self.totals = np.full((sources, self._beams), -np.inf, dtype=np.float32)
        self.totals[:, 0] = 0.0  # all beams of a source are the same before the first step
        self.ended: list[list[Hypothesis]] = [[] for _ in limits]
        self._state, self._ids, self._end, self._alpha = state, ids, end, alpha
        self._limits, self._sources = list(limits), self.going  # of the places in the batch
        self._written: list[Beams] = [[] for _ in limits]  # of each place, the pieces by step
        self._parents: list[Beams] = [[] for _ in limits]  # and the slots that they were added to

    def grow(self, scores: Array, candidates: Array) -> tuple[Beams, Beams]:
        """Take one step.

        Args:
            scores: (S, 2 * beams) totals of the candidates, best first.
            candidates: (S, 2 * beams), parent beam times L plus column.

        Returns:
            Parent and column of each hypothesis that is open now.
        """
        parents, columns, totals = [], [], []
        for place, found in enumerate(zip(scores.tolist(), candidates.tolist(), strict=True)):
            from_beams, to_columns, reached = self._choose(place, *found)
            parents.append(from_beams)
            columns.append(to_columns)
            totals.append(reached)
        self.totals[:] = totals
        ids = [[self._ids[column] for column in row] for row in columns]
        for place, (row, slots) in enumerate(zip(ids, parents, strict=True)):
            self._written[place].append(row)
            self._parents[place].append(slots)
        self._state.follow(parents, ids)
        self._stop()
        return parents, columns

    def _choose(
        self, place: int, scores: Sequence[float], candidates: Sequence[int]
    ) -> tuple[list[int], list[int], list[float]]:
        """Parent, column and total of the best candidates that go on.

        Those that the end token completes are noted where they are among the best.
        """
        parents: list[int] = []
        columns: list[int] = []
        totals: list[float] = []
        for rank, (score, candidate) in enumerate(zip(scores, candidates, strict=True)):
            parent, column = divmod(candidate, len(self._ids))
            if column != self._end:
                parents.append(parent)
                columns.append(column)
                totals.append(score)
                if len(parents) == self._beams:
                    break
            elif rank < self._beams and place in self.going:
                ids = self._pieces(place, parent)
                self._finish(place, ids, score, len(ids) + 1, complete=True)
        return parents, columns, totals

    def _pieces(self, place: int, slot: int) -> list[int]:
        """What the open hypothesis in a slot has written."""
        found = []
        steps = zip(reversed(self._written[place]), reversed(self._parents[place]), strict=True)
        for written, parents in steps:
            found.append(written[slot])
            slot = parents[slot]
        return found[::-1]

    def _finish(
        self, place: int, ids: list[int], total: float, length: int, *, complete: bool
    ) -> None:
        score = total / length**self._alpha
        found = Hypothesis(without_repetition(ids), score, complete)
        self.ended[self._sources[place]].append(found)

    def _stop(self) -> None:
        """End the searches that are over."""
        length, going = len(self._written[0]), []
        look = length % CHECK_EVERY == 0
        for place in self.going:
            if self._limits[place] <= length or (look and repeats(self._pieces(place, 0))):
                for slot, total in enumerate(self.totals[place].tolist()):
                    ids = self._pieces(place, slot)
                    self._finish(place, ids, total, length, complete=False)
            elif not self._settled(place, length):
                going.append(place)
        self.going = going

    def _settled(self, place: int, length: int) -> bool:
        """Whether the best open hypothesis, were it to end here, is no better than the ended.

        A heuristic where ``alpha`` is above 0, and the one that `transformers` uses.
        """
        ended = self.ended[self._sources[place]]
        if len(ended) < self._beams:
            return False
        worst = sorted(found.score for found in ended)[-self._beams]
        return bool(float(self.totals[place, 0]) / length**self._alpha <= worst)

    def keep(self, kept: Sequence[int]) -> None:
        """Go on with these places of the batch, in this order, and no others."""
        self._state.keep(kept)
        self._sources = [self._sources[place] for place in kept]
        self._limits = [self._limits[place] for place in kept]
        self._written = [self._written[place] for place in kept]
        self._parents = [self._parents[place] for place in kept]
        self.totals = self.totals[kept]
        self.going = list(range(len(kept)))


class Continuations:
    """Finds, for each source, twice as many candidates as it has beams.

    Args:
        session: of the search graph.
        logits: (B, 1, L) float32, read at every run, and
        totals: (S, beams) float32 log-probabilities so far, as well.
    """

    def __init__(self, session: Session, logits: Array, totals: Array) -> None:
        sources, beams = totals.shape
        blocks = logits.shape[2] // BLOCK
        self._scores = np.empty((sources, 2 * beams), dtype=np.float32)
        self._candidates = np.empty((sources, 2 * beams), dtype=np.int64)
        self._session, self._binding = session, session.io_binding()
        inputs: dict[str, Array] = {
            "logits": logits,
            "totals": totals.reshape(-1, 1),
            "by_source": np.array([-1, beams * blocks]),
            "first_blocks": np.arange(sources)[:, None] * (beams * blocks),
            "blocks_a_beam": np.array(blocks),
            "block_count": np.array([min(2, blocks) * beams]),
            "count": np.array([2 * beams]),
        }
        for name, array in inputs.items():
            self._binding.bind_cpu_input(name, array)
        # The binding does not keep the outputs that it was given alive.
        self._outputs = to_tensor(self._scores), to_tensor(self._candidates)
        for name, tensor in zip(("scores", "candidates"), self._outputs, strict=True):
            self._binding.bind_ortvalue_output(name, tensor)

    def find(self) -> tuple[Array, Array]:
        """Totals (S, 2 * beams) of the candidates, best first, and which they are.

        A candidate is its parent beam times L plus its column. Valid until the next run.
        """
        run_bound(self._session, self._binding)
        return self._scores, self._candidates
