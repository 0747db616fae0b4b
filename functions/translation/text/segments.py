"""Text cut into sentences, each with the spacing around it, so that nothing is lost."""

import re
from dataclasses import dataclass

from sentencex import segment

from functions.translation.text.normal import INVISIBLE
from functions.translation.text.rarities import cells
from functions.translation.text.spans import MARK, Marked

_SPACE = re.compile(r"\s")
_LINE = re.compile(r"([^\r\n]*)([\r\n]*)")
_EDGE_CHARACTER = re.compile(rf"[\s{INVISIBLE}]")
SHORT_FORM = 16  # characters of one and of the spaces behind it
# Short forms that end no sentence, and those that end none where a small letter follows.
_NEVER_LAST = re.compile(
    r"\b(?:inkl|exkl|zzgl|ca|mind|versch|evtl|ggf|bzw|incl|excl|approx|env|aprox|m[aá]x|m[ií]n)\.\s*$",
    re.IGNORECASE,
)
_SELDOM_LAST = re.compile(r"\b(?:MwSt|USt|Stk|St|[Cc]ts?|cént|uds?|pcs?)\.\s*$")
_BULLET = re.compile(
    r"^(?:(?:[-*+•·\u2013\u2014>]+|#{1,6}|\d{1,2}[.)]|[a-z][.)])\s+(?:\[[ xX]\]\s+)?)+(?=\S)"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence between what is kept as it is.

    Attributes:
        before: spacing, list bullets, and marks that open the sentence.
        core: what is translated; empty where there is nothing to translate.
        after: marks that end the sentence, and spacing.
    """

    before: str
    core: str
    after: str


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text between block elements of HTML, or HTML that is kept; a plain text is one run.

    Attributes:
        text: marked text to translate, or HTML as it came.
        kept: whether it is the latter.
    """

    text: str
    kept: bool


def has_words(text: str) -> bool:
    """Whether there is a letter to translate."""
    return any(map(str.isalpha, text))  # which no mark is


def segments(text: str, language: str, marked: Marked) -> list[Segment]:
    """Sentences of a marked text; put together again they are the text.

    Args:
        text: with marks for its spans.
        language: ISO 639-1 code that abbreviations are looked up for.
        marked: the spans.
    """
    found: list[Segment] = []
    for line, breaks in _LINE.findall(text):
        start = 0
        for cell in _cells_after_bullet(line):
            for sentence in _sentences(cell, language):
                end = start + len(sentence)
                found.append(_trimmed(line[start:end], marked))
                start = end
        if breaks:
            found.append(Segment(breaks, "", ""))
    return found


def _cells_after_bullet(line: str) -> list[str]:
    """The cells of a line; its bullet, which may look like a separator, is of the first one."""
    match = _BULLET.match(line.lstrip())
    at = len(line) - len(line.lstrip()) + match.end() if match else 0
    first, *others = list(cells(line[at:])) or [""]
    return [line[:at] + first, *others]


def _sentences(cell: str, language: str) -> list[str]:
    # The splitter fails on some spaces that are not ASCII; it only tells where to cut.
    sentences = segment(language, _SPACE.sub(" ", cell)) if cell else ()
    found: list[str] = []
    for sentence in filter(None, sentences):
        if found and _goes_on(found[-1], sentence):
            found[-1] += sentence
        else:
            found.append(sentence)
    return found


def _goes_on(before: str, after: str) -> bool:
    """Whether what was cut after a short form is one sentence."""
    end = before[-SHORT_FORM:]
    if _NEVER_LAST.search(end):
        return True
    return after.lstrip()[:1].islower() and _SELDOM_LAST.search(end) is not None


def _trimmed(sentence: str, marked: Marked) -> Segment:
    """A sentence without its spacing, bullet, and the emoji and tags at its ends."""
    if not has_words(sentence):
        return Segment(sentence, "", "")
    before, core, after = _edges(sentence)
    bullet = _BULLET.match(core)
    if bullet and has_words(core[bullet.end() :]):
        before, core = before + bullet[0], core[bullet.end() :]
    while core and MARK.match(core[0]) and _may_stand_apart(core, 0, marked):
        rest = core[1:].lstrip()
        before, core = before + core[: len(core) - len(rest)], rest
    while core and MARK.match(core[-1]) and _may_stand_apart(core, -1, marked):
        rest = core[:-1].rstrip()
        core, after = rest, core[len(rest) :] + after
    return Segment(before, core, after)


def _edges(sentence: str) -> tuple[str, str, str]:
    """A sentence between the spaces and invisible characters at its ends."""
    start, end = 0, len(sentence)
    while start < end and _EDGE_CHARACTER.match(sentence[start]):
        start += 1
    while end > start and _EDGE_CHARACTER.match(sentence[end - 1]):
        end -= 1
    return sentence[:start], sentence[start:end], sentence[end:]


def _may_stand_apart(core: str, place: int, marked: Marked) -> bool:
    """Whether the mark at an end of a sentence means nothing to the words beside it."""
    kind = marked.span(core[place]).kind
    neighbour = core[1:2] if place == 0 else core[-2:-1]
    return kind in ("open", "close", "float") or (kind == "emoji" and not neighbour.isalnum())
