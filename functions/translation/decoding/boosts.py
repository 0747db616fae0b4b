"""Words that a translation probably has, made likelier as the search goes (lexical shallow fusion).

A small model knows its common words well and guesses at the rare ones. A dictionary that says what
a source's words may become corrects many guesses, and the model still chooses among them, in which
form and where: only the logits of pieces that begin or go on with such a word are raised.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.translation.decoding.state import Array

Form = tuple[int, ...]  # ids of the pieces of a word


@dataclass(frozen=True)
class Wanted:
    """What one word of a source may become.

    Attributes:
        forms: each in pieces.
        first: the forms, in pieces, that are written only at a translation's beginning.
    """

    forms: tuple[Form, ...]
    first: tuple[Form, ...] = ()

    def at(self, *, first: bool) -> tuple[Form, ...]:
        """The forms that may be written next, and whether nothing is written."""
        return self.forms + self.first if first else self.forms


@dataclass(frozen=True)
class Boosts:
    """What is made likelier for each source of a batch.

    Attributes:
        wanted: by source, its words that have a translation.
        weight: what is added to a logit, in nats.
    """

    wanted: Sequence[Sequence[Wanted]]
    weight: float

    def of(self, sources: Sequence[int]) -> "Boosts":
        """Those of some sources."""
        return Boosts([self.wanted[source] for source in sources], self.weight)


_Begun = tuple[int, Form, int]  # a word, the form of it that is being written, pieces of it so far


@dataclass(frozen=True)
class _Row:
    """How far a hypothesis is.

    Attributes:
        source: number of its source.
        done: words that it has.
        begun: words that it may be writing.
        first: whether it has written nothing.
    """

    source: int
    done: frozenset[int] = frozenset()
    begun: tuple[_Begun, ...] = ()
    first: bool = True


class Booster:
    """Raises the logits of a batch's hypotheses and follows what they write.

    A word is wanted as often as the source has it: once a form of it is written, it is no longer.

    Args:
        boosts: of the sources.
        beams: hypotheses of each source.
        ids: of the pieces that the columns of the logits stand for.
    """

    def __init__(self, boosts: Boosts, beams: int, ids: Sequence[int]) -> None:
        column = {piece: place for place, piece in reversed([*enumerate(ids)])}
        self._weight, self._beams = np.float32(boosts.weight), beams
        self._wanted = [
            [Wanted(_columns(word.forms, column), _columns(word.first, column)) for word in words]
            for words in boosts.wanted
        ]
        self._rows = [_Row(source) for source in range(len(self._wanted)) for _ in range(beams)]
        self._likelier: dict[_Row, Array] = {}
        self._next: dict[tuple[_Row, int], _Row] = {}

    def boost(self, logits: Array) -> None:
        """Raise the logits (B, 1, L) of what each row may go on with."""
        for place, row in enumerate(self._rows):
            if row not in self._likelier:
                self._likelier[row] = self._columns(row)
            logits[place, 0, self._likelier[row]] += self._weight

    def follow(self, parents: Sequence[Sequence[int]], columns: Sequence[Sequence[int]]) -> None:
        """Go on from these beams of each source, which have written these columns."""
        self._rows = [
            self._after(self._rows[source * self._beams + parent], column)
            for source, both in enumerate(zip(parents, columns, strict=True))
            for parent, column in zip(*both, strict=True)
        ]

    def keep(self, rows: Sequence[int] | Array) -> None:
        """Go on with these rows, in this order."""
        self._rows = [self._rows[row] for row in rows]

    def _columns(self, row: _Row) -> Array:
        begun = {word for word, _, _ in row.begun}
        found = {form[size] for _, form, size in row.begun}
        for number, word in enumerate(self._wanted[row.source]):
            if number not in row.done and number not in begun:
                found |= {
                    form[0] for form in (word.forms + word.first if row.first else word.forms)
                }
        return np.array(sorted(found), dtype=np.int64)

    def _after(self, row: _Row, column: int) -> _Row:
        key = row, column
        if key not in self._next:
            self._next[key] = self._written(row, column)
        return self._next[key]

    def _written(self, row: _Row, column: int) -> _Row:
        done, begun = set(row.done), []
        for number, form, size in row.begun:
            if form[size] == column:
                if size + 1 == len(form):
                    done.add(number)
                else:
                    begun.append((number, form, size + 1))
        for number, word in enumerate(self._wanted[row.source]):
            if number in row.done:
                continue
            for form in word.at(first=row.first):
                if form[0] == column:
                    if len(form) == 1:
                        done.add(number)
                    else:
                        begun.append((number, form, 1))
        going = tuple(one for one in begun if one[0] not in done)
        return _Row(row.source, frozenset(done), going, first=False)


def _columns(forms: Sequence[Form], column: dict[int, int]) -> tuple[Form, ...]:
    """The forms that the columns can spell, in columns."""
    return tuple(
        tuple(column[piece] for piece in form)
        for form in forms
        if form and all(piece in column for piece in form)
    )
