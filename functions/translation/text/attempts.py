"""A sentence in the parts in which it is tried."""

from collections.abc import Callable
from dataclasses import dataclass, field


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
    results: list[str] = field(default_factory=list)

    def text(self, choice: int) -> str:
        """Translation number ``choice`` or the last; the source where there is none."""
        if not self.results:
            return self.source
        return self.finish(self.results[min(choice, len(self.results) - 1)])


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

    @property
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
    def texts(self) -> list[str]:
        """The sentence with each translation in turn, the likeliest first."""
        found = (self.put_back(self._text(choice)) for choice in range(self.choices))
        return [text for text in found if text is not None]

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
