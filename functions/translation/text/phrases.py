"""Many phrases looked for in one walk over a text, however many they are."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

_TOKEN = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)


class Phrase(NamedTuple):
    """What is looked for: whole words, with any spacing between them.

    Attributes:
        case_sensitive: whether no other case than this will do.
    """

    text: str
    case_sensitive: bool


@dataclass(slots=True)
class _Node:
    """What phrases with one beginning go on with.

    Attributes:
        exact: numbers of the phrases that end here in one case, by their texts.
        any_case: number of the phrase that ends here in any case.
        ends_some: whether there is one of either.
    """

    following: dict[str, "_Node"] = field(default_factory=dict)
    exact: dict[str, int] = field(default_factory=dict)
    any_case: int | None = None
    ends_some: bool = False


class Phrases:
    """Phrases made ready to be looked for.

    Args:
        phrases: the longest of those that begin at one place is found there, and of several such
            the first.
    """

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._root = _Node()
        best_first = sorted(range(len(phrases)), key=lambda number: -len(phrases[number].text))
        self._rank = {number: rank for rank, number in enumerate(best_first)}
        for number in best_first:
            self._add(number, phrases[number])

    def _add(self, number: int, phrase: Phrase) -> None:
        node = self._root
        text = " ".join(phrase.text.split())
        for token in _TOKEN.findall(text):
            node = node.following.setdefault(_key(token), _Node())
        node.ends_some = True
        if phrase.case_sensitive:
            node.exact.setdefault(text, number)
        elif node.any_case is None:
            node.any_case = number

    def replace(self, text: str, write: Callable[[int, str], str]) -> str:
        """The text with ``write(number, what was found)`` in place of each phrase."""
        if not self._root.following:
            return text
        tokens = _TOKEN.findall(text)
        keys = list(map(_key, tokens))
        ends = list(accumulate(map(len, tokens)))
        written, at = [], 0
        while at < len(tokens):
            found = self._longest(text, keys, ends, at)
            if found is None:
                written.append(tokens[at])
                at += 1
                continue
            number, last = found
            written.append(write(number, text[ends[at] - len(tokens[at]) : ends[last]]))
            at = last + 1
        return "".join(written)

    def _longest(
        self, text: str, keys: Sequence[str], ends: Sequence[int], first: int
    ) -> tuple[int, int] | None:
        """Number of the phrase that begins at a token, and its last token."""
        start = ends[first - 1] if first else 0
        if start and text[start - 1] == "_" and keys[first][0].isalnum():
            return None  # the middle of a word
        following, best = self._root.following, None
        for place in range(first, len(keys)):
            node = following.get(keys[place])
            if node is None:
                break
            following = node.following
            if node.ends_some and not (
                text[ends[place] : ends[place] + 1] == "_" and keys[place][-1].isalnum()
            ):
                for number in self._ending(node, text, start, ends[place]):
                    if best is None or self._rank[number] < self._rank[best[0]]:
                        best = number, place
        return best

    @staticmethod
    def _ending(node: _Node, text: str, start: int, end: int) -> list[int]:
        found = [] if node.any_case is None else [node.any_case]
        if node.exact:
            number = node.exact.get(" ".join(text[start:end].split()))
            found += [] if number is None else [number]
        return found


def _key(token: str) -> str:
    return " " if token.isspace() else token.lower()
