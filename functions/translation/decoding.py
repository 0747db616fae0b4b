"""Greedy and beam search over a step graph: batched, bounded, deterministic."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from functions.translation.model import Array, DecoderGraph, DecoderState, Encoded
from shared.inference import to_tensor

DROP_SHARE = 0.25  # of rows that must have finished before a batch is made smaller
MAX_PERIOD = 6  # longest repeated run of tokens that the guard looks for
MAX_REPEATS = 3
CHECK_EVERY = 4  # steps between looks at repetition


@dataclass(frozen=True)
class Hypothesis:
    """One translation.

    Attributes:
        ids: pieces without the end token.
        score: log-probability a token, in nats; 0 for greedy search, which does not compute it.
        complete: False where the step limit or the repetition guard ended it.
    """

    ids: list[int]
    score: float = 0.0
    complete: bool = True


@dataclass(frozen=True)
class Constraints:
    """What each row may write.

    Attributes:
        limits: (B,) most pieces of each row.
        placeholders: (B, P) bool, which placeholders each row's source holds; each may be
            written once, the others never.
    """

    limits: Array
    placeholders: Array


def step_limit(source_tokens: int, most: int) -> int:
    """Most pieces for a source of so many tokens: twice as many and a few."""
    return min(most, 2 * source_tokens + 8)


def repeats(ids: Sequence[int]) -> int:
    """Length of the run that the sequence ends with `MAX_REPEATS` times over; 0 where none is."""
    for period in range(1, MAX_PERIOD + 1):
        tail = list(ids[-period * MAX_REPEATS :])
        if len(tail) == period * MAX_REPEATS and tail == tail[:period] * MAX_REPEATS:
            return period
    return 0


def without_repetition(ids: list[int]) -> list[int]:
    """The sequence with only the first of the runs that it ends with."""
    period = repeats(ids)
    return ids[: len(ids) - period * (MAX_REPEATS - 1)] if period else ids


class _Placeholders:
    """Keeps rows from writing placeholders that they do not hold, or hold no more."""

    def __init__(self, decoder: DecoderGraph, allowed: Array) -> None:
        self._first = len(decoder.pieces) - allowed.shape[1]
        self._allowed = allowed.copy()  # (B, P)
        self._none = not allowed.any()  # the usual case, and the quick one

    def forbid(self, logits: Array) -> Array:
        """The logits (B, L), in place, with placeholders impossible that may not be written."""
        if self._none:
            logits[:, self._first :] = -np.inf
        else:
            logits[:, self._first :][~self._allowed] = -np.inf
        return logits

    def mark(self, chosen: Array) -> None:
        """Note what each row has written, (B,) columns."""
        if self._none:
            return
        for row in np.flatnonzero(chosen >= self._first):
            self._allowed[row, chosen[row] - self._first] = False

    def keep(self, rows: Array) -> None:
        if not self._none:
            self._allowed = self._allowed[rows]


def greedy(decoder: DecoderGraph, encoded: Encoded, constraints: Constraints) -> list[Hypothesis]:
    """The most probable piece at each step, for all rows at once.

    Rows that have finished leave the batch once they are `DROP_SHARE` of it.
    """
    limits, longest = constraints.limits.tolist(), int(constraints.limits.max())
    written: list[list[int]] = [[] for _ in limits]
    complete = [False] * len(limits)
    rows = list(range(len(limits)))  # which rows the batch holds
    going = [True] * len(limits)  # which of those go on
    guard = _Placeholders(decoder, constraints.placeholders)
    state = decoder.start(encoded, longest)
    for position in range(longest):
        chosen = guard.forbid(state.step()).argmax(axis=1)  # (b,)
        guard.mark(chosen)
        ids = decoder.pieces[chosen]  # (b,)
        state.ids[:, 0] = ids
        look = position % CHECK_EVERY == CHECK_EVERY - 1
        for place, piece in enumerate(ids.tolist()):
            if not going[place]:
                continue
            row = rows[place]
            if chosen[place] == decoder.end:
                complete[row], going[place] = True, False
                continue
            written[row].append(piece)
            if position + 1 >= limits[row] or (look and repeats(written[row])):
                going[place] = False
        left = sum(going)
        if not left:
            break
        if len(rows) - left >= DROP_SHARE * len(rows):
            kept = np.flatnonzero(going)
            state = state.rows(kept)
            guard.keep(kept)
            rows, going = [rows[place] for place in kept], [True] * left
    return [
        Hypothesis(without_repetition(ids), complete=done)
        for ids, done in zip(written, complete, strict=True)
    ]


@dataclass
class _Source:
    """The open and finished hypotheses of one source in a beam search.

    Attributes:
        open: pieces of each beam so far.
    """

    beams: int
    limit: int
    alpha: float
    open: list[list[int]] = field(default_factory=lambda: [[]])
    finished: list[Hypothesis] = field(default_factory=list)
    over: bool = False

    def _finish(self, ids: list[int], total: float, length: int, complete: bool) -> None:
        score = total / length**self.alpha
        self.finished.append(Hypothesis(without_repetition(ids), score, complete))

    def advance(
        self, candidates: Sequence[tuple[int, int, float]], pieces: Sequence[int], end: int
    ) -> list[tuple[int, int, float]] | None:
        """Take one step.

        Args:
            candidates: parent beam, column and total log-probability, best first.
            pieces: id of each column.
            end: column of the end token.

        Returns:
            Parent, column and total of each beam that goes on; None where the search is over.
        """
        if self.over:
            return None
        length = len(self.open[0]) + 1
        chosen: list[tuple[int, int, float]] = []
        for rank, (parent, column, total) in enumerate(candidates):
            if column != end:
                chosen.append((parent, column, total))
            elif rank < self.beams:
                self._finish(self.open[parent], total, length, complete=True)
            if len(chosen) == self.beams:
                break
        self.open = [[*self.open[parent], pieces[column]] for parent, column, _ in chosen]
        looping = length % CHECK_EVERY == 0 and repeats(self.open[0])
        if length >= self.limit or looping:
            for ids, (_, _, total) in zip(self.open, chosen, strict=True):
                self._finish(ids, total, length, complete=False)
            self.over = True
        self.over = self.over or self._settled(chosen[0][2], length)
        return None if self.over else chosen

    def _settled(self, best_total: float, length: int) -> bool:
        """Whether the best open hypothesis, were it to end here, is no better than the finished.

        A heuristic where ``alpha`` is above 0, and the one that `transformers` uses.
        """
        if len(self.finished) < self.beams:
            return False
        worst = sorted((h.score for h in self.finished), reverse=True)[self.beams - 1]
        return bool(best_total / length**self.alpha <= worst)

    def best(self) -> list[Hypothesis]:
        """Distinct hypotheses, best first; a complete one before any other."""
        ranked = sorted(self.finished, key=lambda h: (not h.complete, -h.score))
        distinct: dict[tuple[int, ...], Hypothesis] = {}
        for hypothesis in ranked:
            distinct.setdefault(tuple(hypothesis.ids), hypothesis)
        return list(distinct.values())[: self.beams]


def beam(
    decoder: DecoderGraph,
    encoded: Encoded,
    constraints: Constraints,
    beams: int,
    alpha: float = 1.0,
) -> list[list[Hypothesis]]:
    """The most probable sequences of each row, best first.

    A hypothesis' score is its log-probability over its length, end token included, to the power
    of ``alpha``. A source leaves the batch when its search is over and a quarter of the batch
    with it.
    """
    sources = [_Source(beams, limit, alpha) for limit in constraints.limits.tolist()]
    rows = list(range(len(sources)))  # which sources the batch holds
    repeated = np.repeat(np.arange(len(encoded)), beams)
    guard = _Placeholders(decoder, constraints.placeholders[repeated])
    longest = int(constraints.limits.max())
    state = decoder.start(encoded.rows(repeated), longest, beams)
    totals = np.full((len(rows), beams), -np.inf, dtype=np.float32)
    totals[:, 0] = 0.0  # all beams of a source are the same before the first step
    pieces = decoder.pieces.tolist()
    search = _Continuations(decoder, state, totals)
    for position in range(longest):
        state.step()
        guard.forbid(state.logits)
        found = search.run()
        parents = np.zeros((len(rows), beams), dtype=np.int64)
        columns = np.full((len(rows), beams), decoder.end, dtype=np.int64)
        for place, row in enumerate(rows):
            chosen = sources[row].advance(found[place], pieces, decoder.end)
            if chosen is not None:
                parents[place], columns[place], totals[place] = zip(*chosen, strict=True)
        kept = [place for place, row in enumerate(rows) if not sources[row].over]
        if not kept:
            break
        _follow(state.indirection, parents, position)
        guard.keep((np.arange(len(rows))[:, None] * beams + parents).reshape(-1))
        guard.mark(columns.reshape(-1))
        state.ids[:, 0] = decoder.pieces[columns.reshape(-1)]
        if len(rows) - len(kept) >= DROP_SHARE * len(rows):
            index = (np.array(kept)[:, None] * beams + np.arange(beams)).reshape(-1)
            state = state.rows(index)
            guard.keep(index)
            rows, totals = [rows[place] for place in kept], totals[kept]
            search = _Continuations(decoder, state, totals)
    return [source.best() for source in sources]


class _Continuations:
    """Finds, for each source, twice as many candidates as it has beams.

    Args:
        decoder: whose ``search`` does it.
        state: whose logits (S * beams, L) are read.
        totals: (S, beams) float32 log-probabilities so far, read at every run.
    """

    def __init__(self, decoder: DecoderGraph, state: DecoderState, totals: Array) -> None:
        count, beams = totals.shape
        self._width = len(decoder.pieces)
        self._scores = np.empty((count, 2 * beams), dtype=np.float32)
        self._candidates = np.empty((count, 2 * beams), dtype=np.int64)
        self._session, self._binding = decoder.search, decoder.search.io_binding()
        self._bound = {
            "logits": state.logits_tensor,
            "totals": to_tensor(totals.reshape(-1, 1)),
            "shape": to_tensor(np.array([count, -1], dtype=np.int64)),
            "count": to_tensor(np.array([2 * beams], dtype=np.int64)),
        }
        for name, tensor in self._bound.items():
            self._binding.bind_ortvalue_input(name, tensor)
        for name, array in (("scores", self._scores), ("candidates", self._candidates)):
            self._bound[name] = to_tensor(array)
            self._binding.bind_ortvalue_output(name, self._bound[name])

    def run(self) -> list[list[tuple[int, int, float]]]:
        """Parent, column and total of each candidate, best first, by source."""
        self._session.run_with_iobinding(self._binding)
        width = self._width
        return [
            [(index // width, index % width, total) for index, total in zip(*row, strict=True)]
            for row in zip(self._candidates.tolist(), self._scores.tolist(), strict=True)
        ]


def _follow(indirection: Array, parents: Array, position: int) -> None:
    """Let each beam read its past where its parent has read and written it, in place."""
    past = indirection[:, :, :position]
    past[:] = past[np.arange(len(parents))[:, None], parents]
    indirection[:, :, position] = parents
