"""Dates in words and figures as ISO 8601."""

import calendar
import re
from datetime import datetime
from typing import Any

# Of a day that has a part named, the day; of one that is named with its direction, the name.
_SAME_DAY = {
    "en": {"tonight": "today", "this morning": "today", "this afternoon": "today",
           "this evening": "today", "earlier today": "today", "last night": "yesterday"},
    "de": {"heut": "heute", "heut früh": "heute", "heut frueh": "heute", "heut abend": "heute",
           "heute früh": "heute", "heute morgen": "heute", "heute abend": "heute",
           "heut morgen": "heute", "gestern abend": "gestern", "morgen früh": "morgen",
           "vorgestern": "vor 2 tagen"},
    "fr": {"ce matin": "aujourd'hui", "ce soir": "aujourd'hui", "hier soir": "hier",
           "cet après-midi": "aujourd'hui", "avant-hier": "il y a 2 jours"},
    "es": {"anoche": "ayer", "esta mañana": "hoy", "esta noche": "hoy", "esta tarde": "hoy",
           "anteayer": "hace 2 días"},
}  # fmt: skip
_BEFORE = re.compile(r"^(on|by|am|bis|le|el)\s+")
_NEXT = re.compile(r"^(this|next|coming|nächste[nrs]?|kommende[nrs]?|diese[nrs]?|ce|este|próximo)"
                   r"\s+|\s+(prochain|que viene|próximo)$")  # fmt: skip
_LAST = re.compile(r"^(last|letzte[nrs]?|vergangene[nrs]?)\s+|\s+(dernier|pasado)$")
# More than a day: no single date is meant unless a number says how many.
_SPAN = re.compile(r"\b(week|weekend|month|year|woche|wochenende|monat|jahr|semaine|week-end|mois|"
                   r"an|année|semana|mes|año)s?n?e?\b", re.IGNORECASE)  # fmt: skip
_DAY_OF_MONTH = re.compile(r"(?:the |le |el )?(\d{1,2})(?:st|nd|rd|th|er)")
_FIGURES = re.compile(r"(\d{1,2})[./-](\d{1,2})(?:[./-](\d{2,4})?)?\.?")
_WEEKDAY = re.compile(
    r"(mon|tues|wednes|thurs|fri|satur|sun)day|(mon|diens|donners|frei|sams|sonn)tag|mittwoch|"
    r"sonnabend|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|mi[eé]rcoles|"
    r"jueves|viernes|s[aá]bado|domingo"
)


def _parsed(words: str, language: str, now: datetime, prefer: str) -> datetime | None:
    import dateparser  # noqa: PLC0415 - half a second that only the first date should pay

    settings: dict[str, Any] = {
        "RELATIVE_BASE": now.replace(tzinfo=None),
        "PREFER_DATES_FROM": prefer,
        "REQUIRE_PARTS": [] if _WEEKDAY.fullmatch(words) else ["day"],
        "DATE_ORDER": "DMY",
    }
    found: datetime | None = dateparser.parse(words, languages=[language], settings=settings)
    return found


def _of_figures(words: str, language: str, now: datetime, country: str | None) -> str | None:
    """A date in figures; none where day and month could be the other way round."""
    match = _FIGURES.fullmatch(words)
    if match is None:
        return None
    day, month = int(match[1]), int(match[2])
    if country == "US":
        day, month = month, day
    elif language == "en" and country is None and day <= 12 and month <= 12 and day != month:
        return None
    if match[3]:
        year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
        return _valid(year, month, day)
    # Without a year, the one that brings it closest to today.
    options = [_valid(now.year + step, month, day) for step in (-1, 0, 1)]
    today = now.date()
    known = [datetime.fromisoformat(x).date() for x in options if x]
    return min(known, key=lambda x: abs(x - today)).isoformat() if known else None


def _valid(year: int, month: int, day: int) -> str | None:
    if 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]:
        return f"{year:04}-{month:02}-{day:02}"
    return None


def date(words: str, language: str, now: datetime, country: str | None) -> str | None:
    """The day that words mean, ``YYYY-MM-DD``, counted from ``now``.

    Returns:
        None for a span of days, for a weekday that may be the last or the next one, for figures
        that can be read in two ways, and for what is no date.
    """
    words = " ".join(words.lower().strip(" ,").split())
    if _FIGURES.fullmatch(words):
        return _of_figures(words, language, now, country)
    ordinal = _DAY_OF_MONTH.fullmatch(words)
    if ordinal:
        return _valid(now.year, now.month, int(ordinal[1]))
    if _SPAN.search(words) and not any(map(str.isdigit, words)):
        return None
    words = _SAME_DAY.get(language, {}).get(words, words)
    words = _BEFORE.sub("", words)
    prefer = ""
    for pattern, direction in ((_NEXT, "future"), (_LAST, "past")):
        if pattern.search(words):
            words, prefer = pattern.sub("", words), direction
    if not prefer and _WEEKDAY.fullmatch(words):
        return None
    found = _parsed(words, language, now, prefer or "current_period")
    return found.date().isoformat() if found else None
