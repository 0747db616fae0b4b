"""Plain forms of slots: ISO dates and times, amounts with a currency, E.164 numbers.

A value is given only where the words have one meaning; else there is none, and the words stand
for themselves. The libraries that read dates, prices and telephone numbers are loaded when the
first such slot comes.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from functions.intent.values import dates, numbers, phones, times


class Setting(NamedTuple):
    """What the words of a slot depend on.

    Attributes:
        language: of the text, ISO 639-1.
        now: when it was written, from which "tomorrow" counts.
        country: of the customer, ISO 3166-1 alpha-2, or None.
    """

    language: str
    now: datetime
    country: str | None


Reader = Callable[[str, Setting], str | None]


def _email(words: str, _: Setting) -> str | None:
    name, at, host = words.strip().partition("@")
    return f"{name}@{host.lower()}" if at and name and "." in host else None


def _order_number(words: str, _: Setting) -> str | None:
    return "".join(words.split()).lstrip("#№").upper() or None


READERS: dict[str, Reader] = {
    "amount": lambda words, setting: numbers.amount(words, setting.language),
    "code": lambda words, _: "".join(words.split()).upper() or None,
    "date": lambda words, s: dates.date(words, s.language, s.now, s.country),
    "email": _email,
    "order_number": _order_number,
    "phone": lambda words, s: phones.phone(words, s.language, s.country),
    "quantity": lambda words, setting: numbers.quantity(words, setting.language),
    "time": lambda words, _: times.time_of_day(words),
}


def plain_value(slot: str, words: str, setting: Setting) -> str | None:
    """The plain form of a slot's words, None where it has none or it cannot be told."""
    reader = READERS.get(slot)
    return reader(words, setting) if reader else None
