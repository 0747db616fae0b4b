"""Messages with what is marked in them: slots, a denied wish, two wishes. Imports without torch."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from training.errors import DataError

MARK = re.compile(r"\[([^\[\]]+)\]\(([a-z][a-z0-9_]*)\)")
DENIED = "denied:"
SECOND = "||"  # stands where the second of two wishes begins


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
        intent: its intent; ``denied:NAME`` for a text that says that NAME is not wanted,
            ``A+B`` for one that holds two wishes, where it has `SECOND` before the other one.
        out_of_scope: name of that class.
        language: of the text.

    Raises:
        DataError: nothing is said to be denied.
    """
    if "+" in intent and SECOND in marked:
        return _both(marked, intent, language)
    text, slots = parse_marks(marked)
    if not intent.startswith(DENIED):
        return Message(text, intent, slots, language)
    denied = intent.removeprefix(DENIED).strip()
    if not denied:
        raise DataError(f"'{intent}' of {marked!r} lacks the denied intent's name.")
    return Message(text, out_of_scope, slots, language, denied)


def _both(marked: str, intents: str, language: str) -> Message:
    """A message with two wishes."""
    one, _, other = intents.partition("+")
    before, _, after = marked.partition(SECOND)
    text, slots = parse_marks(before)
    rest, more = parse_marks(after)
    at, whole = len(text), text + rest
    slots += tuple(Marked(start + at, end + at, name) for start, end, name in more)
    parts = (Marked(0, at, one), Marked(at, len(whole), other))
    return Message(whole, one, slots, language, wishes=parts)


def parts_of(message: Message) -> list[Message]:
    """Both wishes of a message, each as a message of its own."""
    found = []
    for start, end, intent in message.wishes:
        slots = tuple(
            Marked(first - start, last - start, name)
            for first, last, name in message.slots
            if start <= first and last <= end
        )
        text = message.text[start:end]
        found.append(Message(text.rstrip(), intent, slots, message.language, plain=message.plain))
    return found
