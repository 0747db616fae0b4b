"""Amounts and quantities."""

import re

_CURRENCIES = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "eur": "EUR", "pavos": "EUR", "£": "GBP",
    "pound": "GBP", "pounds": "GBP", "quid": "GBP", "gbp": "GBP", "$": "USD", "dollar": "USD",
    "dollars": "USD", "bucks": "USD", "usd": "USD", "chf": "CHF", "franken": "CHF", "fr.": "CHF",
    "dólares": "USD", "libras": "GBP", "zł": "PLN", "kr": "SEK",
}  # fmt: skip
_CURRENCY = re.compile("|".join(sorted(map(re.escape, _CURRENCIES), key=len, reverse=True)))
_WORDS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve",
    "de": "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze",
    "es": "cero un dos tres cuatro cinco seis siete ocho nueve diez once doce",
}
_ALSO = {
    "a": 1, "an": 1, "another": 1, "both": 2, "couple": 2, "pair": 2, "dozen": 12,
    "eine": 1, "einen": 1, "eins": 1, "einmal": 1, "beide": 2, "zweimal": 2, "dutzend": 12,
    "une": 1, "douzaine": 12, "una": 1, "uno": 1, "docena": 12, "par": 2,
}  # fmt: skip
_QUANTITY = re.compile(r"x?\s*(\d{1,6})\s*(?:x|mal|pcs?|stück|st|uds?|pièces?)?\.?")


def amount(words: str, language: str) -> str | None:
    """A number with its currency, such as ``24.90 EUR``; the number alone where none is named."""
    from price_parser import Price  # noqa: PLC0415 - only amounts need it

    separator = "." if language == "en" else None
    price = Price.fromstring(words, decimal_separator=separator if "," not in words else None)
    if price.amount is None:
        return None
    unit = _CURRENCY.search(words.lower())
    return f"{price.amount:f} {_CURRENCIES[unit[0]]}" if unit else f"{price.amount:f}"


def quantity(words: str, language: str) -> str | None:
    """A whole number, in figures or in a word up to twelve."""
    words = words.lower().strip().removeprefix("a ").strip()
    figures = _QUANTITY.fullmatch(words)
    if figures:
        return str(int(figures[1]))
    named = _WORDS.get(language, _WORDS["en"]).split()
    if words in named:
        return str(named.index(words))
    return str(_ALSO[words]) if words in _ALSO else None
