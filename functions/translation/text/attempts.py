"""A sentence in the parts in which it is tried."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from functions.translation.text.spans import MARK, Marked

_SIGNS = re.compile(r"([\s,;:()\[\]–—-]*)(.*?)([\s,;:()\[\]–—-]*)", re.DOTALL)
Place = tuple[int, int, str]  # start and end in a sentence, and what stands there in the result


class Scored(NamedTuple):
    """A translation and how sure the model is of it.

    Attributes:
        text: marked.
        score: log-probability a token, in nats; 0 where the search does not compute it.
    """

    text: str
    score: float = 0.0


# Times a score, which is a logarithm and negative.
NEAR = 1.2
NEAR_LONGER = 1.25
NOT_FAR = 1.5


def is_near(one: Scored, likeliest: Scored) -> bool:
    """Whether a translation may be had in place of the likeliest of the same search.

    One that says more may be less likely: what the other leaves out costs it nothing.
    """
    longer = len(one.text.split()) > len(likeliest.text.split())
    return one.score >= (NEAR_LONGER if longer else NEAR) * likeliest.score


def mean_score(sources: Sequence[str], results: Sequence[Scored]) -> float:
    """The score of several texts together, each by the length of what it is of."""
    sizes = [len(source) if one.score else 0 for source, one in zip(sources, results, strict=True)]
    scores = [size * one.score for size, one in zip(sizes, results, strict=True)]
    return sum(scores) / sum(sizes) if sum(sizes) else 0.0


@dataclass
class Unit:
    """A text that goes through the model by itself.

    Attributes:
        core: what the model reads, marked.
        finish: what makes a translation of it fit where it stands.
        results: translations, best first; empty where the model cannot deal with it.
    """

    core: str
    finish: Callable[[str], str]
    source: str
    results: list[Scored] = field(default_factory=list)

    def text(self, choice: int) -> str:
        """Translation number ``choice`` or the last; the source where there is none."""
        return self.finish(self.result(choice).text) if self.results else self.source

    def result(self, choice: int) -> Scored:
        """What the model gave as number ``choice`` or as the last; the source for nothing."""
        if not self.results:
            return Scored(self.source)
        return self.results[min(choice, len(self.results) - 1)]


Part = str | Unit


@dataclass
class Attempt:
    """A sentence in parts.

    Attributes:
        parts: in order; what is no unit stands as it is.
        lists: marks that stand for the members of a list, which are translated on their own.
        put_back: takes stand-ins out of a translation; None where they did not come through.
    """

    parts: list[Part]
    lists: dict[str, "Members"] = field(default_factory=dict)
    put_back: Callable[[str], str | None] = str

    @cached_property
    def units(self) -> list[Unit]:
        """All that goes through the model."""
        inside = [unit for members in self.lists.values() for unit in members.units]
        return [part for part in self.parts if isinstance(part, Unit)] + inside

    @property
    def choices(self) -> int:
        """How many translations can be told apart."""
        return max((len(unit.results) for unit in self.units), default=1)

    @property
    def came_through(self) -> bool:
        """Whether the model dealt with every unit."""
        return all(unit.results for unit in self.units)

    @property
    def results(self) -> list[Scored]:
        """The sentence with each translation in turn, the likeliest first."""
        cores = [unit.core for unit in self.units]
        found = []
        for at in range(self.choices):
            text = self.put_back(self._text(at))
            if text is not None:
                found.append(Scored(text, mean_score(cores, [u.result(at) for u in self.units])))
        return found

    def _text(self, choice: int) -> str:
        """The sentence with translation number ``choice`` of each unit."""
        text = "".join(p if isinstance(p, str) else p.text(choice) for p in self.parts)
        for mark, members in self.lists.items():
            text = text.replace(mark, members.text(choice))
        return text


@dataclass
class Members:
    """A list's members on their way, and how they are joined."""

    parts: list[Part]
    join: Callable[[list[str]], str]

    @property
    def units(self) -> list[Unit]:
        return [part for part in self.parts if isinstance(part, Unit)]

    def text(self, choice: int) -> str:
        """The members' translations, joined."""
        return self.join([p if isinstance(p, str) else p.text(choice) for p in self.parts])


def with_places_aside(core: str, places: Iterable[Place], marked: Marked) -> str:
    """A marked sentence with a mark for each of these places, of which the last is the first."""
    parts: list[str] = []
    rest = len(core)
    for start, end, text in places:
        parts += [core[end:rest], marked.mark_text(text)]
        rest = start
    return core[:rest] + "".join(reversed(parts))


def around_marks(core: str) -> list[str]:
    """Marks, the runs of text between them, and the signs at their ends, which no model needs."""
    found, start = [], 0
    for match in MARK.finditer(core):
        found += [*_without_signs(core[start : match.start()]), match[0]]
        start = match.end()
    return [part for part in [*found, *_without_signs(core[start:])] if part]


def _without_signs(text: str) -> list[str]:
    match = _SIGNS.fullmatch(text)
    return [*match.groups()] if match else [text]
