"""Facts of a sentence that must be the same in its translation, and how each is put aside.

At first they are left to the model, which writes more fluently around words than around marks.
Where the translation has other ones, they are written in the target's convention beforehand.
"""

import re
from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from functions.translation.text import clock, dates, numbers
from functions.translation.text.attempts import with_places_aside
from functions.translation.text.patterns import MARKS
from functions.translation.text.spans import Marked, Span

_FIGURE = re.compile(
    rf"(?<![\w{MARKS}])\d+(?:[.,]\d+)*(?!-\w|\s?[x×]\s?[^\W\d_])(?:\s?(?:%|(?:mm|cm|km|m|kg|mg|g|ml|cl|l|L|W|V|Hz|GB|MB|TB)\b))?"
)
_TIGHT = re.compile(rf"[{MARKS}](?:-|\s?[–—]\s?)(?=[{MARKS}])")
# Of a range of times: Spanish has one article, German one "Uhr".
_SAID_TWICE = re.compile(r"(?<=[-–—])(\s?)las? (?=\d)|(?<=\d) Uhr(?=\s?[-–—]\s?\d)")


class Facts(NamedTuple):
    """What a text states, as far as it can be compared.

    Attributes:
        named: days, months and weekdays.
        times: hours and minutes.
        measures: digits and units.
        digits: all other figures' digits.
        rest: the text without days and times.
    """

    named: Counter[tuple[str, object]]
    times: Counter[tuple[int, int]]
    measures: Counter[tuple[str, str]]
    digits: Counter[str]
    rest: str


@lru_cache(maxsize=2048)
def facts(text: str, language: str, *, translated: bool = False) -> Facts:
    """The facts of a text without marks."""
    found = list(dates.named(text, language, translated=translated))
    times = list(clock.moments(text, language))
    places = [(one.start, one.end) for one in found] + [(one.start, one.end) for one in times]
    rest = _without(text, places)
    return Facts(
        Counter((one.kind, one.value) for one in found),
        Counter((one.hour, one.minute) for one in times),
        numbers.measures(rest),
        numbers.digits(rest),
        rest,
    )


def _without(text: str, places: list[tuple[int, int]]) -> str:
    kept, at = [], 0
    for start, end in sorted(places):
        kept.append(text[at:start])
        at = max(at, end)
    return " ".join([*kept, text[at:]])


def differing(source: str, output: str, language: str, target: str) -> list[str]:
    """Kinds of facts that a translation has not the same: ``date``, ``time``, ``number``.

    Args:
        source: without marks.
        output: the same.
        language: of the source.
        target: of the output.
    """
    return [*_differing(source, output, language, target)]


@lru_cache(maxsize=1024)  # sentences that differ in their marks alone are the same here
def _differing(source: str, output: str, language: str, target: str) -> tuple[str, ...]:
    wanted, got = facts(source, language), facts(output, target, translated=True)
    wrong = []
    missing = wanted.named - got.named
    if missing:
        wrong.append("date")
    rest = got.digits
    lost = wanted.times - got.times
    for start, end, hour, minute in clock.loosely(got.rest, target) if lost else ():
        if lost[hour, minute]:
            lost = lost - Counter([(hour, minute)])
            rest = rest - numbers.digits(got.rest[start:end])
    more = sum(got.times.values()) - sum(wanted.times.values())
    if lost or (more > 0 and more > _named_among(got.times - wanted.times, wanted.rest, language)):
        wrong.append("time")
    if (
        _figures_differ(wanted, got, rest, language)
        or wanted.measures - got.measures
        or numbers.run_together(source, got.rest)
    ):
        wrong.append("number")
    return (*wrong,)


def _named_among(times: Counter[tuple[int, int]], text: str, language: str) -> int:
    """How many of the times a text may tell by their names, which no pattern is sure of."""
    told = Counter((hour, minute) for _, _, hour, minute in clock.by_name(text, language))
    return sum((times & told).values())


def _figures_differ(wanted: Facts, got: Facts, rest: Counter[str], language: str) -> bool:
    if wanted.digits - rest:
        return True
    added = rest - wanted.digits
    if got.named - wanted.named:  # a date that the source has in figures or in words
        return False
    allowed = numbers.number_words(wanted.rest, language)
    return sum(added.values()) > (allowed if allowed is not None else len(added))


def mark_facts(
    core: str, kinds: Collection[str], language: str, target: str, marked: Marked
) -> str:
    """The sentence with a mark for each fact of these kinds, as the target writes it."""
    if "date" in kinds:
        days = sorted(dates.named(core, language), reverse=True)
        told = ((one.start, one.end, dates.render(one, target)) for one in days)
        core = with_places_aside(core, [(a, b, text) for a, b, text in told if text], marked)
    if "time" in kinds:
        times = sorted(clock.moments(core, language), reverse=True)
        places = [(one.start, one.end, clock.render(one, target)) for one in times]
        core = with_places_aside(core, places, marked)
    if "number" in kinds:
        core = _FIGURE.sub(
            lambda match: marked.mark_text(numbers.figures_localised(match[0], language, target)),
            core,
        )
    return _joined_ranges(core, marked)


def _joined_ranges(core: str, marked: Marked) -> str:
    """``9am-7pm`` and ``9 am – 7 pm`` as one mark."""
    start = 0
    while match := _TIGHT.search(core, start):
        start, end = match.start(), match.end() + 1
        text = _SAID_TWICE.sub(lambda said: said[1] or "", marked.restore(core[start:end]))
        core = core[:start] + marked.mark(Span(text)) + core[end:]
    return core
