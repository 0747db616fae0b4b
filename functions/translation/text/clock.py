"""Times of day: found in a text, compared, and written as the target language tells time."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_H = r"(?<![\d.,:])(?P<h>2[0-4]|[01]?\d)(?!\d)"
_M = r"(?:[:.](?P<m>[0-5]\d))"
_DIGITAL = rf"{_H}:(?P<m>[0-5]\d)(?![\d:])"
_PT_AT = r"(?<!\dh\s)(?<!\d\d\s)(?<!horas\s)às"
# Of each language, the surest first. ``pm`` holds what makes an hour one of the afternoon.
_PATTERNS = {
    "en": (
        rf"{_H}{_M}?\s?(?:(?P<pm>pm\b|p\.\s?m\b\.?)|am\b|a\.\s?m\b\.?)",
        r"\b(?:12\s)?(?:(?P<noon>noon)|(?P<midnight>midnight))\b",
        rf"{_H}{_M}?\s?o['’]clock(?:\s(?:in\sthe\s(?:(?P<pm>afternoon|evening)|morning)|at\snight))?",
        rf"{_DIGITAL}(?!\s?[ap]\.?m)",
    ),
    "de": (
        (
            rf"{_H}{_M}?\s?Uhr(?:\s(?P<m2>[0-5]\d)\b)?"
            r"(?:\s(?:(?P<pm>nachmittags|abends)|morgens|vormittags|früh|mittags|nachts))?"
        ),
        rf"{_H}{_M}?(?=\s?(?:bis|und|–|-)\s?\d{{1,2}}(?:[:.]\d\d)?\s?Uhr)",
        _DIGITAL,
    ),
    "fr": (
        rf"{_H}\s?h\s?(?P<m>[0-5]\d)\b",
        (
            rf"(?:(?<=\bà\s)|(?<=\bde\s)|(?<=\bdès\s)|(?<=\bvers\s)|(?<=\bentre\s)|(?<=\bavant\s)"
            rf"|(?<=\baprès\s)|(?<=h\set\s)|(?<=h\sà\s)|(?<=h-)){_H}\s?h(?:eures?)?\b"
            r"(?:\s(?:(?P<pm>du\ssoir|de\sl['’]après-midi)|du\smatin))?"
        ),
        _DIGITAL,
    ),
    "es": (
        (
            rf"(?:\blas?\s)?{_H}{_M}?\s?(?:h\s)?"
            r"(?:(?P<pm>pm\b|p\.\s?m\b\.?|de\sla\s(?:tarde|noche))|am\b|a\.\s?m\b\.?|de\sla\smañana)"
        ),
        rf"\blas?\s{_H}{_M}?(?:\s?h(?:oras)?\b)?",
        rf"{_H}{_M}?(?=\s?(?:a|y|–|-)\s?\d{{1,2}}(?:[:.]\d\d)?\s?h(?:oras)?\b)",
        rf"(?<=\d\s[ay]\s){_H}{_M}?\s?h(?:oras)?\b",
        _DIGITAL,
    ),
    "pt": (
        rf"{_H}\s?h\s?(?P<m>[0-5]\d)\b",
        (
            rf"(?:(?P<at>{_PT_AT}\s)|(?<=\bàs\s)|(?<=\bdas\s)|(?<=\bas\s)|(?<=\bà\s)|(?<=\bda\s)"
            rf"|(?<=\bentre\s)|(?<=h\se\s)|(?<=h\sa\s)|(?<=h-)){_H}\s?h(?:oras?)?\b"
        ),
        _DIGITAL,
    ),
}
# A translation may tell a time in ways that would be too unsure to read in a source.
_LENIENT = {
    "fr": rf"{_H}\s?h(?:eures?)?\b",
    "es": rf"{_H}\s?h(?:oras)?\b",
    "pt": rf"{_H}\s?h(?:oras?)?\b",
    "en": rf"{_H}(?=\s?(?:to|-|–|and|until|till)\s?\d{{1,2}}(?:[:.]\d\d)?\s?[ap]\.?m)",
}
# Noon and midnight by their names, of which some are said of meals and regions too.
_BY_NAME = {
    "en": (r"noon|midday", r"midnight"),
    "de": (r"mittags?", r"mitternachts?"),
    "fr": (r"(?<!-)midi", r"minuit"),
    "es": (r"mediod[ií]a", r"medianoche"),
    "pt": (r"meio-dia", r"meia-noite"),
}
# How each is written, and how with the preposition of a time of day.
_WRITTEN = {
    "en": (("noon", "at noon"), ("midnight", "at midnight")),
    "de": (("Mittag", "mittags"), ("Mitternacht", "um Mitternacht")),
    "fr": (("midi", "à midi"), ("minuit", "à minuit")),
    "es": (("el mediodía", "al mediodía"), ("la medianoche", "a medianoche")),
    "pt": (("o meio-dia", "ao meio-dia"), ("a meia-noite", "à meia-noite")),
}
AT = {"en": "at", "de": "um", "fr": "à", "es": "a", "pt": "às"}
# "de 8 a 14 h" and "das 9h às 18h" are ranges.
_AT = {"es": r"a(?=\slas?\s)", "pt": _PT_AT}
_COMPILED: dict[str, list[re.Pattern[str]]] = {}


_HALF = re.compile(r"\d\s?[ap]\.?\s?m\b")  # of the day: there is no "20 pm"


class Moment(NamedTuple):
    """A time of day and where it stands.

    Attributes:
        at: whether the preposition before it is part of it.
        named: whether it is told by its name alone, without a figure.
    """

    start: int
    end: int
    hour: int
    minute: int
    at: bool = False
    named: bool = False


def _patterns(language: str) -> list[re.Pattern[str]]:
    if language not in _COMPILED:
        at = rf"(?P<at>\b{_AT.get(language, AT.get(language, '(?!)'))}\s+)?"
        found = _PATTERNS.get(language, (_DIGITAL,))
        # A look-behind of its own stands before what the preposition would take.
        _COMPILED[language] = [
            re.compile(one if one.startswith("(?:(?") else at + one, re.IGNORECASE) for one in found
        ]
    return _COMPILED[language]


def moments(text: str, language: str) -> Iterator[Moment]:
    """Times of day that a text is sure to tell, none within another."""
    taken = bytearray(len(text))
    for pattern in _patterns(language):
        for match in pattern.finditer(text):
            found = _moment(match)
            if found and not any(taken[found.start : found.end]):
                taken[found.start : found.end] = b"1" * (found.end - found.start)
                yield found


def _moment(match: re.Match[str]) -> Moment | None:
    groups = match.groupdict()
    at = bool(groups.get("at"))
    if groups.get("noon") or groups.get("midnight"):
        hour, named = 12 if groups.get("noon") else 0, "12" not in match[0]
        return Moment(match.start(), match.end(), hour, 0, at, named)
    hour, minute = int(groups["h"]), int(groups.get("m") or groups.get("m2") or 0)
    said = match[0].lower()
    if groups.get("pm") and hour < 12:
        hour += 12
    elif hour == 12 and re.search(r"a\.?\s?m\b", said):
        hour = 0
    if hour > 23 or (int(groups["h"]) > 12 and _HALF.search(said)):
        return None
    return Moment(match.start(), match.end(), hour, minute, at)


def loosely(text: str, language: str) -> list[tuple[int, int, int, int]]:
    """Start, end, hour and minute of what may be a time in a translation."""
    pattern = _LENIENT.get(language)
    matches = re.finditer(pattern, text, re.IGNORECASE) if pattern else ()
    told = [(match.start(), match.end(), int(match["h"]), 0) for match in matches]
    return told + by_name(text, language)


def by_name(text: str, language: str) -> list[tuple[int, int, int, int]]:
    """Start, end, hour and minute of what may be noon or midnight."""
    return [
        (match.start(), match.end(), hour, 0)
        for hour, words in zip((12, 0), _BY_NAME.get(language, ()), strict=False)
        for match in re.finditer(rf"\b(?:{words})\b", text, re.IGNORECASE)
    ]


def render(found: Moment, language: str) -> str:
    """The time as the language tells it, after its preposition where that is part of it."""
    hour, minute = found.hour, found.minute
    if found.named and language in _WRITTEN:
        return _WRITTEN[language][not hour][found.at]
    text = f"{hour}:{minute:02}"
    if language == "en":
        text = _english(hour, minute)
    elif language == "de":
        text = f"{text} Uhr" if minute else f"{hour} Uhr"
    elif language == "fr":
        text = f"{hour} h {minute:02}" if minute else f"{hour} h"
    elif language == "pt":
        text = f"{hour}h{minute:02}" if minute else f"{hour}h"
    elif language == "es":
        text = f"{'la' if hour == 1 else 'las'} {text}"
    return f"{AT[language]} {text}" if found.at and language in AT else text


def _english(hour: int, minute: int) -> str:
    if (hour, minute) in ((0, 0), (12, 0)):
        return "12 noon" if hour else "midnight"
    minutes = f":{minute:02}" if minute else ""
    return f"{hour % 12 or 12}{minutes} {'pm' if hour >= 12 else 'am'}"
