"""What must come through a translation unchanged, and how it is put aside.

Spans are cut out of a text and stand in it as single characters of a private use area, so that
sentence splitting cannot break them; before the model runs, the characters become the placeholder
tokens that it copies.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from functions.translation.contract import PLACEHOLDERS
from functions.translation.text.patterns import MARKS, NUMBER, PROTECTED
from shared.errors import LimitExceeded

Kind = Literal["verbatim", "emoji", "open", "close", "term", "float"]

_FIRST_MARK = ord(MARKS[0])
MOST_MARKS = ord(MARKS[-1]) - _FIRST_MARK + 1
MARK = re.compile(f"[{MARKS}]")
_PLACEHOLDER = re.compile("|".join(map(re.escape, PLACEHOLDERS)))
_RESERVED = re.compile(f"{MARK.pattern}|{_PLACEHOLDER.pattern}")
_BLOCK_END = re.compile(r"\{%-?\s*end|\{\{/|\[/")
_BLOCK = re.compile(
    r"\{%-?\s*(?:if|unless|for|foreach|block|with|case|raw|trans|blocktrans)\b|\{\{#"
)
_NUMBER = re.compile(NUMBER)
_DIGITS = re.compile(r"\d+")
_CLOCK = re.compile(r"\d\s?[ap]\.?m\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """One piece of text that the model does not see.

    Attributes:
        text: what stands in the result.
        kind: ``open`` and ``close`` for the inline tags of markup, ``term`` for a glossary's,
            ``float`` for a comment, which belongs to no word.
        term: the glossary entry's number, where it is a term.
        original: what stood in the text, where that is something else.
    """

    text: str
    kind: Kind = "verbatim"
    term: int | None = None
    original: str | None = None


class Marked:
    """A text whose spans are marked by single characters.

    Args:
        write: how text is written in the result, where that is not as it is.

    Attributes:
        spans: in the order in which they were cut out.
        has_floats: whether one of them is a float.
    """

    def __init__(self, write: Callable[[str], str] = str) -> None:
        self.spans: list[Span] = []
        self.has_floats = False
        self._write = write
        self._originals: dict[str, str] = {}

    def mark(self, span: Span) -> str:
        """The character that stands for ``span`` from now on.

        Raises:
            LimitExceeded: there are no more characters.
        """
        if len(self.spans) >= MOST_MARKS:
            hint = "Split the text between paragraphs, and send the parts as 'texts'."
            raise LimitExceeded("kept parts of a text", MOST_MARKS, len(self.spans) + 1, hint)
        self.spans.append(span)
        self.has_floats = self.has_floats or span.kind == "float"
        return chr(_FIRST_MARK + len(self.spans) - 1)

    def mark_text(self, text: str, kind: Kind = "verbatim") -> str:
        """The same for a span of text, which the result may write in another way."""
        return self.mark(Span(self._write(text), kind))

    def mark_term(self, target: str, number: int, found: str) -> str:
        """The same for glossary entry ``number``, found as ``found``."""
        return self.mark(Span(self._write(target), "term", number, self._write(found)))

    def holds(self, character: str) -> bool:
        """Whether the character is a mark."""
        return 0 <= ord(character) - _FIRST_MARK < len(self.spans)

    def span(self, character: str) -> Span:
        """What a mark stands for."""
        return self.spans[ord(character) - _FIRST_MARK]

    def escape(self, text: str) -> str:
        """Mark what a text has of the characters that this module gives a meaning to."""
        return _RESERVED.sub(lambda match: self.mark_text(match[0]), text)

    def protect(self, text: str) -> str:
        """Mark links, addresses, variables, prices, order numbers, dates and emoji of ``text``."""

        def replace(match: re.Match[str]) -> str:
            return self.mark_text(match[0], "emoji" if match["emoji"] else _kind(match[0]))

        return PROTECTED.sub(replace, text)

    def replace(self, character: str, text: str) -> None:
        """Let a mark stand for another text from now on, the former being its original."""
        place = ord(character) - _FIRST_MARK
        found = self.spans[place]
        self.spans[place] = Span(text, found.kind, found.term, found.original or found.text)

    def restore(self, text: str) -> str:
        """``text`` with every mark replaced by its span."""
        return MARK.sub(lambda match: self.span(match[0]).text, text)

    def shown_from(self, text: str, first: int) -> str:
        """``text`` with the spans from number ``first`` on, and spaces for the marks before."""
        return MARK.sub(
            lambda match: self.span(match[0]).text if ord(match[0]) - _FIRST_MARK >= first else " ",
            text,
        )

    def untranslated(self, text: str) -> str:
        """``text`` with every term as it was found."""

        def replace(match: re.Match[str]) -> str:
            original = self.span(match[0]).original
            if original is None:
                return match[0]
            if original not in self._originals:
                self._originals[original] = self.mark(Span(original))
            return self._originals[original]

        return MARK.sub(replace, text)

    @staticmethod
    def without(text: str) -> str:
        """``text`` with a space for every mark."""
        return MARK.sub(" ", text)


def _kind(text: str) -> Kind:
    """Blocks of a template open and close as tags do."""
    if _BLOCK_END.match(text):
        return "close"
    return "open" if _BLOCK.match(text) else "verbatim"


@dataclass(frozen=True)
class ModelInput:
    """A sentence as the model reads it.

    Attributes:
        text: with placeholder tokens.
        marks: the mark that each placeholder stands for.
    """

    text: str
    marks: str

    def restore(self, output: str, marked: Marked) -> str | None:
        """The output with marks for placeholders; None where one is lost or tags are crossed."""
        found = _PLACEHOLDER.findall(output)
        if sorted(found) != sorted(PLACEHOLDERS[: len(self.marks)]):
            return None
        order = [self.marks[PLACEHOLDERS.index(text)] for text in found]
        if not _nested(order, self.marks, marked):
            return None

        def replace(match: re.Match[str]) -> str:
            return self.marks[PLACEHOLDERS.index(match[0])]

        return _close_up(_PLACEHOLDER.sub(replace, output), marked)


def to_model_input(core: str, marked: Marked) -> ModelInput | None:
    """The sentence with placeholders for its marks; None where it has too many of them."""
    marks = "".join(MARK.findall(core))
    if len(marks) > len(PLACEHOLDERS):
        return None
    numbers = {mark: PLACEHOLDERS[place] for place, mark in enumerate(marks)}

    def replace(match: re.Match[str]) -> str:
        spaced = marked.span(match[0]).kind in ("open", "close")
        return f" {numbers[match[0]]} " if spaced else numbers[match[0]]

    text = " ".join(MARK.sub(replace, core).split())
    return ModelInput(re.sub(rf"({_PLACEHOLDER.pattern}) ([.,;:!?)])", r"\1\2", text), marks)


def _nested(order: Sequence[str], marks: str, marked: Marked) -> bool:
    """Whether tags come in an order in which every element closes after it opens, uncrossed."""
    partner = _partners(marks, marked)
    stack: list[str] = []
    for mark in order:
        kind = marked.span(mark).kind
        if kind == "open" and mark in partner:
            stack.append(mark)
        elif kind == "close" and mark in partner and (not stack or partner[stack.pop()] != mark):
            return False
    unpaired = [mark for mark in marks if _is_tag(mark, marked) and mark not in partner]
    # Tags whose partner is in another sentence must stay in their order.
    return [mark for mark in order if mark in unpaired] == unpaired


def _is_tag(mark: str, marked: Marked) -> bool:
    return marked.span(mark).kind in ("open", "close")


def _partners(marks: str, marked: Marked) -> dict[str, str]:
    """Both ways between the opening and the closing mark of each element of a sentence."""
    partner: dict[str, str] = {}
    stack: list[str] = []
    for mark in marks:
        kind = marked.span(mark).kind
        if kind == "open":
            stack.append(mark)
        elif kind == "close" and stack:
            opening = stack.pop()
            partner[opening], partner[mark] = mark, opening
    return partner


def _close_up(text: str, marked: Marked) -> str:
    """Without the spaces that were put inside of elements."""
    kinds: dict[str, str] = {}
    for mark in MARK.findall(text):
        kinds[marked.span(mark).kind] = kinds.get(marked.span(mark).kind, "") + mark
    if "open" in kinds:
        text = re.sub(f"([{kinds['open']}]) +", r"\1", text)
    if "close" in kinds:
        text = re.sub(f" +([{kinds['close']}])", r"\1", text)
    return text


def keeps_numbers(source: str, output: str) -> bool:
    """Whether the output has the source's digits, unless the source tells time by a.m. and p.m."""
    wanted = sorted(_DIGITS.findall(source))
    return not wanted or bool(_CLOCK.search(source)) or wanted == sorted(_DIGITS.findall(output))


def protect_numbers(core: str, marked: Marked) -> str:
    """The sentence with its numbers marked too."""
    return _NUMBER.sub(lambda match: marked.mark_text(match[0]), core)
