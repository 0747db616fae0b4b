"""Messages with what is marked in them: slots, a denied wish, two wishes. Imports without torch."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from training.errors import DataError

MARK = re.compile(r"\[([^\[\]]+)\]\(([a-z][a-z0-9_]*)\)")
DENIED = "denied:"


class Marked(NamedTuple):
    """A part of a text, in characters: a slot's words, or those of one of two wishes."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """One labelled text.

    Attributes:
        text: without marks.
        intent: that it is of.
        slots: parts of the text.
        language: ISO 639-1, or nothing where it is not known.
        denied: the intent that the text says is not wanted; such a text is out of scope.
        wishes: the two parts of a text that holds two wishes, each by its intent.
        plain: whether nobody marked the slots, so that none can be learned from it.
    """

    text: str
    intent: str
    slots: tuple[Marked, ...] = ()
    language: str = ""
    denied: str | None = None
    wishes: tuple[Marked, ...] = ()
    plain: bool = False


def parse_marks(marked: str) -> tuple[str, tuple[Marked, ...]]:
    """A text and its slots, of one where they are marked as ``[words](slot)``."""
    text, slots, at = "", [], 0
    for match in MARK.finditer(marked):
        text += marked[at : match.start()]
        slots.append(Marked(len(text), len(text) + len(match[1]), match[2]))
        text += match[1]
        at = match.end()
    return text + marked[at:], tuple(slots)


def message_of(marked: str, intent: str, out_of_scope: str, language: str = "") -> Message:
    """A message of a line of data.

    Args:
        marked: the text, maybe with marks.
        intent: its intent; ``denied:NAME`` for a text that says that NAME is not wanted.
        out_of_scope: name of that class.
        language: of the text.

    Raises:
        DataError: nothing is said to be denied.
    """
    text, slots = parse_marks(marked)
    if not intent.startswith(DENIED):
        return Message(text, intent, slots, language)
    denied = intent.removeprefix(DENIED).strip()
    if not denied:
        raise DataError(f"'{intent}' of {marked!r} lacks the denied intent's name.")
    return Message(text, out_of_scope, slots, language, denied)
