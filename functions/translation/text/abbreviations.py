"""Short forms that shops write, in full for the model; and titles, which stay with their names."""

import re
from functools import lru_cache

from functions.translation.text.spans import Marked

_FULL = {
    "en": {
        "incl.": "including", "excl.": "excluding", "approx.": "approximately", "pcs": "pieces",
        "pc.": "piece", "qty": "quantity", "w/o": "without", "w/": "with", "max.": "maximum",
        "min.": "minimum",
    },
    "de": {
        "inkl.": "inklusive", "exkl.": "exklusive", "zzgl.": "zuzüglich", "MwSt.": "Mehrwertsteuer",
        "MwSt": "Mehrwertsteuer", "USt.": "Umsatzsteuer", "ca.": "circa", "Stk.": "Stück",
        "versch.": "verschiedene", "max.": "maximal", "mind.": "mindestens", "evtl.": "eventuell",
        "ggf.": "gegebenenfalls", "bzw.": "beziehungsweise", "inkl": "inklusive",
    },
    "fr": {
        "env.": "environ", "max.": "maximum", "min.": "minimum", "incl.": "inclus",
        "TTC": "toutes taxes comprises", "HT": "hors taxes",
    },
    "es": {
        "aprox.": "aproximadamente", "máx.": "máximo", "mín.": "mínimo", "incl.": "incluido",
        "uds.": "unidades", "ud.": "unidad",
    },
}  # fmt: skip
_LANGUAGES = ("en", "de", "fr", "es")
# One coin, one tax, one title a row; the first form is what is written.
_COINS = (
    ("cents|cent", "Cent|Ct.|Ct|ct.|ct", "centimes|centime", "céntimos|céntimo|cts.|cts|cént."),
    ("pence|penny", "Pence|Penny", "pence|penny", "peniques|penique"),
)
_SLANG = (("quid", "£"), ("bucks|buck", "$"))  # in English
_TAX = ("VAT", "MwSt", "TVA", "IVA")
_TITLES = (
    ("Mr|Mr.", "Herr|Herrn", "Monsieur|M.", "señor|Sr."),
    ("Ms|Ms.|Mrs|Mrs.|Miss", "Frau", "Madame|Mme|Mme.", "señora|Sra."),
)
_NAME = r"(?P<name>[^\W\d_a-zß-öø-ÿ][\w'’-]+(?: [^\W\d_a-zß-öø-ÿ][\w'’-]+){0,2})"


def _forms(row: tuple[str, ...], language: str) -> str:
    return "|".join(map(re.escape, row[_LANGUAGES.index(language)].split("|")))


@lru_cache(maxsize=8)
def _pattern(language: str) -> re.Pattern[str] | None:
    known = _FULL.get(language)
    if known is None:
        return None
    forms = "|".join(re.escape(form) for form in sorted(known, key=len, reverse=True))
    return re.compile(rf"(?<![\w.])(?P<form>{forms})(?!\w)")


def expanded(core: str, language: str) -> str:
    """A sentence with its abbreviations in full; one that ends it leaves the full stop."""
    pattern = _pattern(language)
    if pattern is None:
        return core

    def full(match: re.Match[str]) -> str:
        stop = "." if match["form"].endswith(".") and match.end() == len(core) else ""
        return _FULL[language][match["form"]] + stop

    return pattern.sub(full, core)


@lru_cache(maxsize=8)
def _rows(language: str) -> list[tuple[re.Pattern[str], tuple[str, ...], str]]:
    """Patterns of titles, coins and the tax, the row of each, and the order of its parts."""
    titles = [
        (re.compile(rf"(?<!\w)(?:{_forms(row, language)}) {_NAME}"), row, "{0} {1}")
        for row in _TITLES
    ]
    coins = [
        (re.compile(rf"(?<![\w.,])(?P<name>\d+) (?:{_forms(row, language)})(?!\w)"), row, "{1} {0}")
        for row in _COINS
    ]
    slang = [
        (re.compile(rf"(?<![\w.,$£€])(?P<name>\d+) (?:{words})(?!\w)"), (sign,) * 4, "{0}{1}")
        for words, sign in (_SLANG if language == "en" else ())
    ]
    tax = (re.compile(rf"(?<!\w)(?P<name>{_forms(_TAX, language)})(?!\w)"), _TAX, "{0}")
    return [*titles, *coins, *slang, tax]


def titled(core: str, language: str, target: str, marked: Marked) -> str:
    """A sentence with a mark for each name that has a title, each amount of coins, and the tax."""
    if language not in _LANGUAGES or target not in _LANGUAGES:
        return core
    there = _LANGUAGES.index(target)
    for pattern, row, order in _rows(language):
        written = row[there].split("|")[0]

        def replace(match: re.Match[str], written: str = written, order: str = order) -> str:
            return marked.mark_text(order.format(written, match["name"]))

        core = pattern.sub(replace, core)
    return core
