"""Amazon Personalize's filter expressions, as clauses.

``INCLUDE ItemID WHERE Items.CATEGORY IN ("bags", $MORE) AND Items.PRICE < 20`` and its like; after
https://docs.aws.amazon.com/personalize/latest/dg/filter-expressions.html. Read are conditions on
``Items``, and ``EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN (...)``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from shared.errors import InvalidRequest

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<parameter>\$\w+)
      | (?P<word>\w+(?:\.\w+)?)
      | (?P<sign><=|>=|!=|<|>|=|\(|\)|,|\|)
    )""",
    re.VERBOSE,
)
ITEMS, INTERACTIONS = "items", "interactions"
ANY_EVENT = "*"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that each request gives."""

    name: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition on one field.

    Attributes:
        dataset: ``items`` or ``interactions``.
        operator: ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``IN`` or ``NOT IN``.
    """

    dataset: str
    field: str
    operator: str
    values: tuple[str | Parameter, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """What is to be shown alone, or not to be shown.

    Attributes:
        includes: the former.
        any_of: conditions of which all of one group have to hold.
    """

    includes: bool
    any_of: tuple[tuple[Comparison, ...], ...]


class _Reader:
    """Reads an expression from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._tokens = list(self._split(text))
        self._place = 0

    def _split(self, text: str) -> Iterator[tuple[str, str]]:
        place, end = 0, len(text.rstrip())
        while place < end:
            match = _TOKEN.match(text, place)
            if match is None:
                raise _refused(f"{text[place : place + 12]!r} cannot be read")
            yield str(match.lastgroup), match[str(match.lastgroup)]
            place = match.end()

    def _next(self) -> tuple[str, str]:
        found = self._peek()
        self._place += 1
        return found

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("end", "")

    def _takes(self, word: str) -> bool:
        """Whether the next token is this, which is then passed."""
        if self._peek()[1].upper() != word:
            return False
        self._place += 1
        return True

    def _expect(self, *words: str) -> None:
        for word in words:
            if not self._takes(word):
                raise _refused(f"{word} is wanted in place of {self._peek()[1] or 'the end'!r}")

    def clauses(self) -> tuple[Clause, ...]:
        found = [self._clause()]
        while self._takes("|"):
            found.append(self._clause())
        if self._peek()[0] != "end":
            raise _refused(f"{self._peek()[1]!r} is not read")
        return tuple(found)

    def _clause(self) -> Clause:
        includes = self._takes("INCLUDE")
        if not includes:
            self._expect("EXCLUDE")
        self._expect("ITEMID", "WHERE")
        groups = [[self._comparison()]]
        while self._peek()[1].upper() in {"AND", "OR"}:
            if self._next()[1].upper() == "AND":
                groups[-1].append(self._comparison())
            else:
                groups.append([self._comparison()])
        return Clause(includes, tuple(map(tuple, groups)))

    def _comparison(self) -> Comparison:
        kind, name = self._next()
        dataset, dot, field = name.partition(".")
        if kind != "word" or not dot or dataset.lower() not in {ITEMS, INTERACTIONS}:
            raise _refused(f"{name or 'the end'!r} is no field: Items.NAME is one")
        operator = self._operator()
        values = self._list() if operator.endswith("IN") else (self._value(),)
        return Comparison(dataset.lower(), field, operator, values)

    def _operator(self) -> str:
        if self._takes("NOT"):
            self._expect("IN")
            return "NOT IN"
        name = self._next()[1].upper()
        if name not in {"=", "!=", "<", "<=", ">", ">=", "IN"}:
            raise _refused(f"{name or 'the end'!r} is no operator")
        return name

    def _list(self) -> tuple[str | Parameter, ...]:
        self._expect("(")
        found = [self._value()]
        while self._takes(","):
            found.append(self._value())
        self._expect(")")
        return tuple(found)

    def _value(self) -> str | Parameter:
        kind, value = self._next()
        if kind == "parameter":
            return Parameter(value[1:])
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", value[1:-1])
        if kind == "number":
            return value
        raise _refused(f"{value or 'the end'!r} is no value: text stands in quotes")


def _refused(what: str) -> InvalidRequest:
    return InvalidRequest(f"The filter's expression: {what}. docs/migrate.md says what is read.")


@lru_cache(maxsize=64)
def read_expression(text: str) -> tuple[Clause, ...]:
    """The clauses of an expression, all of which hold.

    Raises:
        InvalidRequest: it is none, or one that is not read here.
    """
    clauses = _Reader(text).clauses()
    for clause in clauses:
        comparisons = [one for group in clause.any_of for one in group]
        if all(one.dataset == ITEMS for one in comparisons):
            continue
        by_event = len(comparisons) == 1 and comparisons[0].field.upper() == "EVENT_TYPE"
        if clause.includes or not by_event or comparisons[0].operator not in {"IN", "="}:
            raise _refused(
                "Interactions stands in EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN (...)"
            )
    return clauses
