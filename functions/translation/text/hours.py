"""Opening hours: days of the week in short (``Mon–Fri``), which no model has seen often.

A short form counts as a day only in a range of days, before a time or before "closed": elsewhere
``Sat`` and ``So`` are words.
"""

import re
from functools import lru_cache

from functions.translation.text.facts import mark_facts
from functions.translation.text.patterns import MARKS
from functions.translation.text.spans import Marked, Span

# The first of each is written.
_SHORT = {
    "en": ("Mon", "Tue|Tues", "Wed|Weds", "Thu|Thur|Thurs", "Fri", "Sat", "Sun"),
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
    "es": ("lun.", "mar.", "mié.|mie.", "jue.", "vie.", "sáb.|sab.", "dom."),
    "pt": ("seg.", "ter.", "qua.", "qui.", "sex.", "sáb.|sab.", "dom."),
}
_BETWEEN = {"en": "to|through|thru", "de": "bis", "fr": "au|à", "es": "a", "pt": "a"}
_TIME = r"(?=,?:?\s+(?:\d{1,2}(?:[:.]\d\d)?\s?(?:[-–—]|[ap]\.?m\b|h\b|Uhr\b|(?<=[:.]\d\d)(?!\d))))"
_CLOSED = r"(?=:?\s(?:closed|geschlossen|fermé|cerrado|fechado)\s*(?:[,.;|)]|$))"
_ARTICLE = re.compile(r"^las? (?=\d)")


@lru_cache(maxsize=8)
def _pattern(language: str) -> re.Pattern[str]:
    forms = (form.rstrip(".") for forms in _SHORT[language] for form in forms.split("|"))
    either = "|".join(sorted(forms, key=len, reverse=True))
    day = rf"(?:{either}|{either.title()})(?![^\W\d_])\.?"
    return re.compile(
        rf"(?<![\w'’-])(?P<first>{day})"
        rf"(?:(?P<between>\s?[-–—/]\s?|\s(?:{_BETWEEN[language]})\s)(?P<last>{day})|{_TIME}|{_CLOSED})"
    )


@lru_cache(maxsize=8)
def _numbers(language: str) -> dict[str, int]:
    return {
        form.rstrip(".").lower(): place
        for place, forms in enumerate(_SHORT[language])
        for form in forms.split("|")
    }


def mark_days(core: str, source: str, target: str, marked: Marked) -> str:
    """The sentence with a mark for each day or range of days in short, as the target has them.

    The hours behind days are part of their mark.
    """
    if source not in _SHORT or target not in _SHORT:
        return core

    def written(day: str) -> str:
        return _SHORT[target][_numbers(source)[day.rstrip(".").lower()]].split("|")[0]

    def replace(match: re.Match[str]) -> str:
        text = written(match["first"])
        if match["last"]:
            between = match["between"].strip()
            sign = between if between in ("/", "-", "–", "—") else "–"
            text = f"{text}{sign}{written(match['last'])}"
        days.append(marked.mark_text(text))
        return days[-1]

    days: list[str] = []
    found = _pattern(source).sub(replace, core)
    if not days:
        return core
    found = mark_facts(found, ("time",), source, target, marked)

    def join(match: re.Match[str]) -> str:
        times = _ARTICLE.sub("", marked.span(match["times"]).text)
        return marked.mark(Span(f"{marked.span(match['days']).text}{match['sign']}{times}"))

    hours = rf"(?P<days>[{''.join(days)}])(?P<sign>[,:]?\s+)(?P<times>[{MARKS}])"
    return re.sub(hours, join, found)
