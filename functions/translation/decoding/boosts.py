"""Words that a translation probably has, made likelier as the search goes (lexical shallow fusion).

A small model knows its common words well and guesses at the rare ones. A dictionary that says what
a source's words may become corrects many guesses, and the model still chooses among them, in which
form and where: only the logits of pieces that begin or go on with such a word are raised, those of
a noun behind a determiner that agrees with it more, so that the article is the noun's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from functions.translation.decoding.state import Array

Form = tuple[int, ...]  # ids of the pieces of a word
AGREEING = 1.5  # times the weight more for a noun behind a determiner that agrees with it


@dataclass(frozen=True)
class Wanted:
    """What one word of a source may become.

    Attributes:
        forms: each in pieces.
        first: the forms, in pieces, that are written only at a translation's beginning.
        genders: of forms, where it is known: bits, any of which a determiner may go with.
    """

    forms: tuple[Form, ...]
    first: tuple[Form, ...] = ()
    genders: Mapping[Form, int] = field(default_factory=dict)

    def at(self, *, first: bool) -> tuple[Form, ...]:
        """The forms that may be written next, and whether nothing is written."""
        return self.forms + self.first if first else self.forms


@dataclass(frozen=True)
class Boosts:
    """What is made likelier for each source of a batch.

    Attributes:
        wanted: by source, its words that have a translation.
        weight: what is added to a logit, in nats.
        determiners: by piece, the genders of the nouns that it goes with.
    """

    wanted: Sequence[Sequence[Wanted]]
    weight: float
    determiners: Mapping[int, int] = field(default_factory=dict)

    def of(self, sources: Sequence[int]) -> "Boosts":
        """Those of some sources."""
        wanted = [self.wanted[source] for source in sources]
        return Boosts(wanted, self.weight, self.determiners)


_Begun = tuple[int, Form, int]  # a word, the form of it that is being written, pieces of it so far
_Beginning = tuple[int, Form, int]  # a word, a form of it and its gender
_Beginnings = dict[int, list[_Beginning]]  # by the column that they begin with


@dataclass(frozen=True)
class _Row:
    """How far a hypothesis is.

    Attributes:
        source: number of its source.
        done: words that it has.
        begun: words that it may be writing.
        first: whether it has written nothing.
        before: genders that go with the determiner that it has just written; 0 if it has not.
    """

    source: int
    done: frozenset[int] = frozenset()
    begun: tuple[_Begun, ...] = ()
    first: bool = True
    before: int = 0

    def agrees(self, one: _Beginning) -> bool:
        """Whether it is a noun that goes with the determiner before it."""
        return bool(one[2] & self.before)


class _State:
    """A `_Row` of which it is known once what may follow.

    Attributes:
        row: that it is.
        likelier: columns that are raised.
        agreeing: those of them that are raised more.
        next: states by the column that was written.
    """

    __slots__ = ("agreeing", "likelier", "next", "row")

    def __init__(self, row: _Row, likelier: Array, agreeing: Array) -> None:
        self.row, self.likelier, self.agreeing = row, likelier, agreeing
        self.next: dict[int, _State] = {}


class Booster:
    """Raises the logits of a batch's hypotheses and follows what they write.

    A word is wanted as often as the source has it: once a form of it is written, it is no longer.

    Args:
        boosts: of the sources.
        beams: hypotheses of each source.
        column: of the logits, by the id of the piece that it stands for.
    """

    def __init__(self, boosts: Boosts, beams: int, column: Mapping[int, int]) -> None:
        self._weight, self._beams = np.float32(boosts.weight), beams
        self._agreeing = np.float32(boosts.weight * AGREEING)
        self._beginnings = [
            {first: _beginnings(words, column, first=first) for first in (True, False)}
            for words in boosts.wanted
        ]
        self._determiners = {
            column[piece]: genders
            for piece, genders in boosts.determiners.items()
            if piece in column
        }
        self._known: dict[_Row, _State] = {}
        starts = [self._state(_Row(source)) for source in range(len(self._beginnings))]
        self._states = [state for state in starts for _ in range(beams)]

    def boost(self, logits: Array) -> None:
        """Raise the logits (B, 1, L) of what each row may go on with."""
        for place, state in enumerate(self._states):
            logits[place, 0, state.likelier] += self._weight
            if len(state.agreeing):
                logits[place, 0, state.agreeing] += self._agreeing

    def follow(self, parents: Sequence[Sequence[int]], columns: Sequence[Sequence[int]]) -> None:
        """Go on from these beams of each source, which have written these columns."""
        self._states = [
            self._after(self._states[source * self._beams + parent], column)
            for source, both in enumerate(zip(parents, columns, strict=True))
            for parent, column in zip(*both, strict=True)
        ]

    def keep(self, rows: Sequence[int] | Array) -> None:
        """Go on with these rows, in this order."""
        self._states = [self._states[row] for row in rows]

    def _state(self, row: _Row) -> _State:
        if row not in self._known:
            out = row.done.union(word for word, _, _ in row.begun)
            found = {form[size] for _, form, size in row.begun}
            agreeing = set()
            for column, begun in self._beginnings[row.source][row.first].items():
                wanted = [one for one in begun if one[0] not in out]
                if wanted:
                    found.add(column)
                if any(map(row.agrees, wanted)):
                    agreeing.add(column)
            self._known[row] = _State(row, _array(found), _array(agreeing))
        return self._known[row]

    def _after(self, state: _State, column: int) -> _State:
        if column not in state.next:
            state.next[column] = self._state(self._written(state.row, column))
        return state.next[column]

    def _written(self, row: _Row, column: int) -> _Row:
        begun = [(word, form, size + 1) for word, form, size in row.begun if form[size] == column]
        begun += [
            (word, form, 1)
            for word, form, _ in self._beginnings[row.source][row.first].get(column, ())
            if word not in row.done
        ]
        done = row.done.union(word for word, form, size in begun if size == len(form))
        going = tuple(one for one in begun if one[0] not in done)
        before = self._determiners.get(column, 0)
        return _Row(row.source, done, going, first=False, before=before)


def _array(columns: set[int]) -> Array:
    return np.array(sorted(columns), dtype=np.int64)


def _beginnings(words: Sequence[Wanted], column: Mapping[int, int], *, first: bool) -> _Beginnings:
    """What the columns can spell of what is wanted, by the column that it begins with."""
    found: _Beginnings = {}
    for number, word in enumerate(words):
        for form in word.at(first=first):
            if form and all(piece in column for piece in form):
                spelt = tuple(column[piece] for piece in form)
                one = number, spelt, word.genders.get(form, 0)
                found.setdefault(spelt[0], []).append(one)
    return found
