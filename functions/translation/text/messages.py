"""ICU messages, of which only the texts are translated.

    {count, plural, one {# item} other {# items}}

After https://unicode-org.github.io/icu/userguide/format_parse/messages/.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from functions.translation.text.patterns import MESSAGE_HEAD

_OPTION = re.compile(r"\s*(?:offset:\d+\s*)?=?[\w-]{1,40}\s*\{")
_END = re.compile(r"\s*\}")
_BRACE = re.compile(r"[{}]")
MOST_DEPTH = 4


class Run(NamedTuple):
    """A stretch of a message: the text of a branch, or syntax."""

    text: str
    is_syntax: bool


class Message(NamedTuple):
    """A message's place in a text, and its runs; together they are what stands there."""

    start: int
    end: int
    runs: tuple[Run, ...]


def messages(text: str) -> Iterator[Message]:
    """The outermost messages of a text; what is not well-formed is none."""
    at = 0
    while head := MESSAGE_HEAD.search(text, at):
        runs: list[Run] = []
        end = _argument(text, head.start(), runs, 0)
        if end:
            yield Message(head.start(), end, tuple(runs))
        at = end or head.end()


def _argument(text: str, start: int, runs: list[Run], depth: int) -> int:
    """The end of the argument at ``start``, whose runs are added; 0 where it does not end."""
    head = MESSAGE_HEAD.match(text, start)
    if head is None or depth > MOST_DEPTH:
        return 0
    at, syntax = head.end(), head.start()
    while option := _OPTION.match(text, at):
        runs.append(Run(text[syntax : option.end()], is_syntax=True))
        at = _branch(text, option.end(), runs, depth)
        if not at:
            return 0
        syntax = at - 1  # the closing brace is syntax again
    end = _END.match(text, at)
    if end is None:
        return 0
    runs.append(Run(text[syntax : end.end()], is_syntax=True))
    return end.end()


def _branch(text: str, start: int, runs: list[Run], depth: int) -> int:
    """The place after a branch's closing brace, 0 where there is none."""
    at = begin = start
    while brace := _BRACE.search(text, at):
        if brace[0] == "}":
            runs.append(Run(text[begin : brace.start()], is_syntax=False))
            return brace.end()
        if MESSAGE_HEAD.match(text, brace.start()):
            runs.append(Run(text[begin : brace.start()], is_syntax=False))
            begin = at = _argument(text, brace.start(), runs, depth + 1)
            if not at:
                return 0
            continue
        closing = text.find("}", brace.end(), brace.end() + 80)
        if closing < 0:
            return 0
        at = closing + 1
    return 0
