"""Months, weekdays and the order of dates in each language, from Unicode's CLDR through Babel.

    python -m training.translation.calendar

Writes ``functions/translation/text/data/calendar.json``, so that serving needs neither Babel nor
its 29 MB of locales. Run it again when a language is added below.
"""

import json
from pathlib import Path
from typing import Any

from babel import Locale

# Those that this project's own models and Firefox's translate.
LANGUAGES = (
    *("bg", "bs", "ca", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hr", "hu", "id"),
    *("is", "it", "lt", "lv", "nb", "nl", "nn", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr"),
    *("sv", "tr", "uk", "vi"),
)
OUT = (
    Path(__file__).resolve().parents[2]
    / "functions"
    / "translation"
    / "text"
    / "data"
    / "calendar.json"
)
SHORTEST = 3  # letters of an abbreviation that is taken for a month's


def _names(table: Any, keys: range) -> list[list[str]]:
    """For each month or weekday its name in a date first, then its other names, in lower case."""
    rows = []
    for key in keys:
        found = [
            table[context][width][key].rstrip(".")
            for width in ("wide", "abbreviated")
            for context in ("format", "stand-alone")
            if key in table.get(context, {}).get(width, {})
        ]
        long = [name for name in found if len(name) >= SHORTEST]
        rows.append(list(dict.fromkeys([found[0], *(name.lower() for name in long)])))
    return rows


def _pattern(locale: Locale, skeleton: str) -> str:
    """A CLDR pattern as a template of ``{weekday}``, ``{day}``, ``{month}`` and ``{year}``."""
    pattern = str(locale.datetime_skeletons[skeleton].pattern)
    out, quoted, at = "", False, 0
    fields = {"E": "{weekday}", "c": "{weekday}", "d": "{day}", "M": "{month}", "L": "{month}"}
    fields["y"] = "{year}"
    while at < len(pattern):
        letter = pattern[at]
        if letter == "'":
            quoted = not quoted
            at += 1
        elif not quoted and letter in fields:
            out += fields[letter]
            while at < len(pattern) and pattern[at] == letter:
                at += 1
        else:
            out += letter
            at += 1
    return out


def language(code: str) -> dict[str, Any]:
    """What is known of one language's dates."""
    locale = Locale(code)
    patterns = {}
    for name, skeletons in {
        "day_month": ("MMMMd",),
        "day_month_year": ("yMMMMd",),
        "weekday_day_month": ("MMMMEEEEd", "MMMMEd", "MMMEd"),
        "weekday_day_month_year": ("yMMMMEEEEd", "yMMMMEd", "yMMMEd"),
    }.items():
        known = [one for one in skeletons if one in locale.datetime_skeletons]
        patterns[name] = _pattern(locale, known[0]) if known else ""
    if not patterns["day_month_year"]:
        patterns["day_month_year"] = _long(locale)
    return {
        "months": _names(locale.months, range(1, 13)),
        "weekdays": _names(locale.days, range(7)),
        "patterns": {name: pattern for name, pattern in patterns.items() if pattern},
    }


def _long(locale: Locale) -> str:
    """The pattern of the locale's long date."""
    locale.datetime_skeletons["long"] = locale.date_formats["long"]
    return _pattern(locale, "long")


def main() -> None:
    """Write the table."""
    table = {code: language(code) for code in LANGUAGES}
    OUT.write_text(
        json.dumps(table, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    print(f"{len(table)} languages, {OUT.stat().st_size:,} bytes in {OUT.name}")


if __name__ == "__main__":
    main()
