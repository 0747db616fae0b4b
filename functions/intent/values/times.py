"""Times of day as HH:MM."""

import re

_TIME = re.compile(
    r"(?P<hour>\d{1,2})\s*(?:[:.h]\s*(?P<minute>\d{2})?)?\s*(?P<half>[ap])?\.?(?:m\.?)?"
    r"\s*(?:uhr|h|hrs?|horas?|heures?|o'?clock)?"
)


def time_of_day(words: str) -> str | None:
    """``HH:MM`` of a time in figures, None for any other."""
    match = _TIME.fullmatch(words.lower().strip())
    if match is None:
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"] == "p" else 0)
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None
