"""Days, months and weekdays that a text names in words: found, compared and written anew."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

# The preposition of a day ("on May 3"), which many languages write as an article.
ON = {"en": "on", "de": "am", "fr": "le", "es": "el", "pt": "em", "it": "il", "nl": "op"}
# After these the article is their own ("hasta el 3 de mayo"), not the day's preposition.
_OWN_ARTICLE = re.compile(
    r"\b(?:hasta|desde|para|de|a|entre|y|jusque|depuis|pour|dès|avant|après|et|bis|ab|from|by|dal"
    r"|fino|until|tot|vanaf)\s+$",
    re.IGNORECASE,
)
_ALWAYS_CAPITAL = frozenset(("en", "de"))  # so that "may" and "march" are not months


class Day(NamedTuple):
    """A day of the year.

    Attributes:
        year: None where the text leaves it open.
    """

    year: int | None
    month: int
    day: int


class Named(NamedTuple):
    """What a text names, and where.

    Attributes:
        kind: ``date``, ``month`` or ``weekday``.
        on: whether the day's preposition is part of it.
    """

    start: int
    end: int
    kind: str
    value: Day | int
    on: bool = False


@lru_cache(maxsize=1)
def _calendar() -> dict[str, Any]:
    path = Path(__file__).parent / "data" / "calendar.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _either(rows: list[list[str]]) -> str:
    names = sorted({name for row in rows for name in row}, key=len, reverse=True)
    return "|".join(re.escape(name) for name in names)


@lru_cache(maxsize=16)
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str]] | None:
    """Patterns of a language's days, and of its months and weekdays alone."""
    known = _calendar().get(language)
    if known is None:
        return None
    months = _either(known["months"])
    on = ON.get(language, "(?!)")
    day = r"(?P<{0}>\d{{1,2}})(?:\.|er\b|º|st\b|nd\b|rd\b|th\b)?"
    year = r"(?:,?\s+(?:de\s+|del\s+)?(?P<{0}>(?:19|20)\d\d)(?!\d))?"
    first = rf"{day.format('d1')}\s+(?:de\s+|of\s+|d['’])?(?P<m1>{months})\b\.?{year.format('y1')}"
    second = rf"(?P<m2>{months})\b\.?\s+{day.format('d2')}(?![\d:]){year.format('y2')}"
    dates = rf"(?P<on>\b{on}\s+)?(?:(?<!\d)(?<!\d[.,:/-]){first}|\b{second})"
    alone = rf"\b(?:(?P<month>{_either([row[:1] for row in known['months']])})"
    alone += rf"|(?:(?P<weekday>{_either([row[:1] for row in known['weekdays']])})s?))\b"
    return re.compile(dates, re.IGNORECASE), re.compile(alone, re.IGNORECASE)


@lru_cache(maxsize=16)
def _numbers(language: str, what: str) -> dict[str, int]:
    rows = _calendar()[language][what]
    return {_folded(name): place for place, row in enumerate(rows) for name in row}


def _folded(name: str) -> str:
    """What all forms of a name are that a pattern takes for it: ``MAYIS`` is ``mayıs``."""
    return name.casefold().replace("ı", "i").replace("\u0307", "")


def named(text: str, language: str, *, translated: bool = False) -> Iterator[Named]:
    """The days, and the other months and weekdays, of a text.

    Args:
        text: without marks.
        language: of it.
        translated: whether it is a translation, in which a word that may be a month counts as one.
    """
    patterns = _patterns(language)
    if patterns is None:
        return
    taken = bytearray(len(text))
    for match in patterns[0].finditer(text):
        found = _day(match, text, language)
        if found is not None:
            taken[found.start : found.end] = b"1" * (found.end - found.start)
            yield found
    for match in patterns[1].finditer(text):
        kind = "month" if match["month"] else "weekday"
        small = not match[0][0].isupper()
        if small and kind == "month" and language in _ALWAYS_CAPITAL:
            continue
        if language == "en" and match[0] == "May" and not translated:
            continue  # more often the verb
        if not any(taken[match.start() : match.end()]):
            word = match["month"] or match["weekday"]
            value = _numbers(language, f"{kind}s")[_folded(word)]
            yield Named(match.start(), match.end(), kind, value)


def _day(match: re.Match[str], text: str, language: str) -> Named | None:
    day, month = match["d1"] or match["d2"], match["m1"] or match["m2"]
    year = match["y1"] or match["y2"]
    if not 1 <= int(day) <= 31:
        return None
    number = _numbers(language, "months")[_folded(month)] + 1
    on = bool(match["on"]) and not _OWN_ARTICLE.search(
        text[max(0, match.start() - 12) : match.start()]
    )
    start = match.start() if on or not match["on"] else match.end("on")
    value = Day(int(year) if year else None, number, int(day))
    return Named(start, match.end(), "date", value, on)


def render(found: Named, language: str) -> str | None:
    """What was found, in another language; None where that language's calendar is not known."""
    known = _calendar().get(language)
    if known is None:
        return None
    if isinstance(found.value, int):
        name = known["months" if found.kind == "month" else "weekdays"][found.value][0]
        return str(name)
    year, month, day = found.value
    pattern = known["patterns"]["day_month_year" if year else "day_month"]
    written = "1er" if language == "fr" and day == 1 else str(day)
    text = pattern.format(day=written, month=known["months"][month - 1][0], year=year)
    on = ON.get(language, "")
    return f"{on} {text}" if found.on and on else str(text)
