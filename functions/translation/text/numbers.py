"""Figures: which digits a text holds, which measures, and how a language writes decimals."""

import re
from collections import Counter
from functools import lru_cache

from functions.translation.text.patterns import NUMBER, PRICE, SIZES

DECIMAL_POINT = frozenset(("en", "ja", "zh", "ko", "he", "th"))
_DIGITS = re.compile(r"\d+")
_GROUPED = r"\d{{1,3}}(?:{0}\d{{3}})+(?:{1}\d+)?"
_READ = {
    ".": re.compile(_GROUPED.format(",", r"\.") + r"|\d+(?:\.\d+)?"),
    ",": re.compile(_GROUPED.format(r"[. ’\u00a0\u202f]", ",") + r"|\d+(?:,\d+)?"),
}
GROUP = 3  # digits
_JOINED = re.compile(r"\d{1,20}(?:[.,]\d{1,20}){1,8}")
_UNITS = (
    "mm|cm|dm|km|m|mg|kg|g|ml|cl|dl|l|L|kW|kWh|Wh|W|V|A|mAh|Hz|kHz|MHz|GHz|MB|GB|TB|MP|px|lm|dB"
)
_MEASURE = re.compile(rf"(?<![\w.,])({NUMBER})\s?(%|(?:{_UNITS})\b|°\s?[CF]?|m?[²³]|[\"″])")
NUMBER_PATTERN = re.compile(NUMBER)
_LOCALISED = re.compile("|".join(SIZES))
_PRICE = re.compile(PRICE)
# Words that a translation may write as figures.
_WORDS = {
    "en": "one two three four five six seven eight nine ten eleven twelve twenty thirty forty "
    "fifty sixty seventy eighty ninety hundred thousand half dozen "
    "first second third once twice both",
    "de": "ein eine einen einem einer eines zwei drei vier fünf sechs sieben acht neun zehn elf "
    "zwölf zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig hundert "
    "tausend halb dutzend erste ersten zweite zweiten dritte dritten",
    "fr": "un une deux trois quatre cinq six sept huit neuf dix onze douze quinze vingt trente "
    "quarante cinquante soixante cent mille demi douzaine premier première deuxième troisième",
    "es": "un una uno dos tres cuatro cinco seis siete ocho nueve diez once doce quince veinte "
    "treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento mil medio media docena "
    "primero primera segundo segunda tercero tercera",
    "pt": "um uma dois duas três quatro cinco seis sete oito nove dez onze doze vinte trinta "
    "quarenta cinquenta sessenta cem cento mil meio meia dúzia primeiro primeira segundo segunda",
}
_NUMBER_WORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}


def digits(text: str) -> Counter[str]:
    """The runs of digits of a text, without leading zeros."""
    return Counter(run.lstrip("0") or "0" for run in _DIGITS.findall(text))


def run_together(source: str, output: str) -> bool:
    """Whether a translation has a figure that in its source is two."""
    for match in _JOINED.finditer(output):
        first, *runs = _DIGITS.findall(match[0])
        # Another decimal sign; thousands may be grouped by a space, or not at all.
        rest = "".join((r"\W{0,2}" if len(run) == GROUP else "[.,:]") + run for run in runs)
        if not re.search(rf"(?<!\d)0*{first}{rest}(?!\d)", source):
            return True
    return False


def measures(text: str) -> Counter[tuple[str, str]]:
    """Figures with their units, ``2.5 m`` and ``2,5 m`` being the same."""
    return Counter(
        (re.sub(r"\D", "", figure), unit.replace(" ", "").replace("″", '"'))
        for figure, unit in _MEASURE.findall(text)
    )


def number_words(text: str, language: str) -> int | None:
    """How many number words a text holds; None where the language's are not known."""
    known = _NUMBER_WORDS.get(language)
    if known is None:
        return None
    return sum(word in known for word in re.findall(r"[^\W\d_]+", text.lower()))


def _read(figure: str, language: str) -> float | None:
    """What a reader of the language takes a figure to be; None where it is in no order."""
    sign = "." if language in DECIMAL_POINT else ","
    if not _READ[sign].fullmatch(figure):
        return None
    plain = re.sub(r"[^\d" + sign + "]", "", figure)
    return float(plain.replace(",", "."))


def localised(figure: str, source: str, target: str) -> str:
    """A figure with the decimal sign and the grouping of the target language.

    It stays as it is where it is not in the order that the source language has for it.
    """
    if (source in DECIMAL_POINT) == (target in DECIMAL_POINT) or _read(figure, source) is None:
        return figure
    swapped = {".": ",", ",": "."}
    return "".join(swapped.get(character, character) for character in figure)


def figures_localised(text: str, source: str, target: str) -> str:
    """A text with every figure as the target language writes it."""
    if "." not in text and "," not in text:
        return text
    return NUMBER_PATTERN.sub(lambda match: localised(match[0], source, target), text)


@lru_cache(maxsize=1024)
def localised_span(text: str, source: str, target: str) -> str:
    """A price or a measure in the target's convention.

    A price is what a customer compares with the cart: it stays as it is, unless readers of the
    target language would take it for another amount.
    """
    if _PRICE.fullmatch(text):
        return NUMBER_PATTERN.sub(lambda match: _unless_same(match[0], source, target), text)
    if _LOCALISED.fullmatch(text) or _MEASURE.fullmatch(text):
        return figures_localised(text, source, target)
    return text


def _unless_same(figure: str, source: str, target: str) -> str:
    meant, taken = _read(figure, source), _read(figure, target)
    misread = meant is not None and taken is not None and meant != taken
    return localised(figure, source, target) if misread else figure
