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

Kind = Literal["verbatim", "emoji", "open", "close", "term"]

_FIRST_MARK = 0xF0000  # Supplementary Private Use Area-A
MARK = re.compile("[\U000f0000-\U000ffffd]")
_PLACEHOLDER = re.compile("|".join(map(re.escape, PLACEHOLDERS)))
_RESERVED = re.compile(f"{MARK.pattern}|{_PLACEHOLDER.pattern}")
_EMOJI = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
    "[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?(?:\u200d[\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?)*)"
)
_CURRENCY = r"(?:[$€£¥]|\b(?:EUR|USD|GBP|CHF|JPY|CAD|AUD)\b)"
_IN_LINK = "[^\\s<>\"'\U000f0000-\U000ffffd]"
_AMOUNT = r"\d[\d.,' \u00a0\u202f]{0,20}\d|\d"
# Every repetition that can fail late has a bound: no text may take more than linear time.
_PROTECTED = re.compile(
    "|".join(
        (
            rf"(?P<emoji>{_EMOJI})",
            rf"(?:https?://|\bwww\.){_IN_LINK}*(?![.,;:!?)\]}}]){_IN_LINK}",
            r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+",
            r"\{\{[\w.|\- ]{1,80}\}\}|\$?\{[\w.:,\- ]{0,80}\}",
            r"%\(\w{1,40}\)[sdif]|%\d{0,2}\$?[sdif@]\b|\[\[\w{1,40}\]\]",
            rf"{_CURRENCY}\s?(?:{_AMOUNT})|(?:{_AMOUNT})\s?{_CURRENCY}",
            r"#[\w-]{0,40}\d[\w-]*",
            r"\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b",
            r"\b[A-Z]{1,5}&[A-Z]{1,5}\b",
            # Order numbers and the like: letters with digits, or at least four digits.
            r"(?<![\w-])(?=[\w-]{0,40}\d)(?=[\w-]{0,40}[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)*(?![\w-])",
            r"\b\d{4,}(?:-\d+)*\b",
        )
    )
)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_DIGITS = re.compile(r"\d+")
_CLOCK = re.compile(r"\d\s?[ap]\.?m\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """One piece of text that the model does not see.

    Attributes:
        text: what stands in the result.
        kind: ``open`` and ``close`` for the inline tags of markup, ``term`` for a glossary's.
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
    """

    def __init__(self, write: Callable[[str], str] = str) -> None:
        self.spans: list[Span] = []
        self._write = write

    def mark(self, span: Span) -> str:
        """The character that stands for ``span`` from now on."""
        self.spans.append(span)
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
            kind: Kind = "emoji" if match["emoji"] else "verbatim"
            return self.mark_text(match[0], kind)

        return _PROTECTED.sub(replace, text)

    def restore(self, text: str) -> str:
        """``text`` with every mark replaced by its span."""
        return MARK.sub(lambda match: self.span(match[0]).text, text)

    def untranslated(self, text: str) -> str:
        """``text`` with every term as it was found."""

        def replace(match: re.Match[str]) -> str:
            original = self.span(match[0]).original
            return match[0] if original is None else self.mark(Span(original))

        return MARK.sub(replace, text)

    @staticmethod
    def without(text: str) -> str:
        """``text`` with a space for every mark."""
        return MARK.sub(" ", text)


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
    return NUMBER.sub(lambda match: marked.mark_text(match[0]), core)
