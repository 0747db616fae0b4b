"""What few texts hold: a pattern looks for each, and its module is imported by the first that may.

A pattern may find what is none, but it must not miss one: `tests` hold each against its tables.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from functions.translation.schemas import AppliedTerm
from functions.translation.text.patterns import CLOTHES_SIZE
from functions.translation.text.spans import MARK, Marked
from shared.process.snapshot import on_snapshot

if TYPE_CHECKING:
    from functions.translation.text.glossary import AnyTerm, Glossary
    from functions.translation.text.letters import Letter
    from functions.translation.text.lexicon import Known
    from functions.translation.text.lists import Listing
    from functions.translation.text.stand_ins import StandIns

MODULES = (
    *("abbreviations", "brands", "cells", "clauses", "counts", "facts", "floats", "glossary"),
    *("hours", "inflection", "labels", "letters", "lists", "markdown", "markup", "members"),
    *("messages", "notices", "numbers", "places", "recognition", "stand_ins", "terms", "things"),
)

_CELLS = re.compile(r"[\t|→•·»›⟶⇒➜➔▸►]| [>–—/-] ")
# A word with a capital before or after another.
_BRAND = re.compile(r"[A-Z][^\W\d_]{1,20}(?: (?:& |of the )?|['’-])[^\W\d_]|[^\W\d_] [A-Z][a-z]")
_STATEMENT = re.compile(r"[^?]{3,160}")
_LISTED = re.compile(r"[,;/]")
_SIZE = re.compile(rf"\b{CLOTHES_SIZE}\b")
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(
    r"(?:dear|h(?:ello|i|ey|allo|ola)|good|kind|with|regards|many|best|warm|yours|sincerely|thank"
    r"|sehr|liebe|guten|moin|servus|mit|freundliche|viele|beste|herzliche|hochachtungsvoll"
    r"|madame|monsieur|ch[eè]r|bonjour|bonsoir|salut|cordialement|bien|chaleureusement|meilleures"
    r"|sincères|veuillez|merci|estimad|muy|buen[oa]s|querid|saludos|un |atentamente|le |gracias"
    r"|muchas|prezados|car[oa]|bo[ma] |olá|com |melhores|cordiais|atenciosamente|obrigado)",
    re.IGNORECASE,
)
_SHORTENED = re.compile(
    r"\b(?:(?:incl|excl|approx|max|min|inkl|exkl|zzgl|MwSt|USt|ca|Stk|versch|mind|evtl|ggf|bzw|env"
    r"|aprox|máx|mín|uds?|pcs?|qty|TTC|HT|M[rs]|Mrs|Miss|Herrn?|Frau|Monsieur|Madame|Mme|señora?|Sra?"
    r"|[Cc]ents?|centimes?|céntimos?|[Cc]ts?|cént|pence|[Pp]enny|Pence|peniques?|quid|bucks?"
    r"|VAT|TVA|IVA)\b|w/|M\.)"
)
# A day of the week in short, in a range or before a figure.
_DAY_IN_SHORT = re.compile(
    r"(?i:\b(?:mon|tues?|weds?|thu(?:rs?)?|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam"
    r"|dim|mi[eé]|jue|vie|s[aá]b|dom|seg|ter|qua|qui|sex)\b\.?,?:?"
    r"(?:\s?[-–—/]\s?|\s)(?:[^\W\d_]{1,7}\s)?(?:\d|[^\W\d_]{2,5}\b|closed|geschl|cerrado|fechado))"
)
# A day or a time in words. In other languages any word may be one.
_DAYS = {
    "en": r"M(?i:ay)\b|(?i:january|february|march|april|june|july|august|september|october|november"
    r"|december|(?:mon|tues|wednes|thurs|fri|satur|sun)day|noon|midnight)",
    "de": r"(?i:januar|februar|märz|april|mai\b|juni|juli|august|september|oktober|november"
    r"|dezember|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch)",
    "fr": r"(?i:janvier|février|mars\b|avril|mai\b|juin|juillet|août|septembre|octobre|novembre"
    r"|décembre|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche)",
    "es": r"(?i:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre"
    r"|diciembre|lunes|martes|miércoles|jueves|viernes|sábado|domingo)",
}
_FACTUAL = {language: re.compile(rf"\d|\b(?:{days})") for language, days in _DAYS.items()}
_WORDS = re.compile(r"\d|(?<![^\W\d_])[^\W\d_]{3,}")


def states_facts(text: str, language: str) -> bool:
    """Whether a text may have a figure, a day or a time of day."""
    return bool(_FACTUAL.get(language, _WORDS).search(text))


def own_terms(terms: Sequence["AnyTerm"], names: Sequence[str]) -> "Glossary | None":
    """A request's own terms and names, made ready; None where there are none."""
    if not terms and not names:
        return None
    from functions.translation.text.glossary import Glossary

    return Glossary(terms, names)


def applied(result: str, glossary: Sequence["AnyTerm"], marked: Marked) -> list[AppliedTerm] | None:
    """See `glossary.applied`; None where there is no glossary."""
    if not glossary:
        return None
    from functions.translation.text import glossary as own

    return own.applied(result, glossary, marked)


def cells(line: str) -> Iterable[str]:
    """See `cells.cells`."""
    if not _CELLS.search(line):
        return (line,)
    from functions.translation.text import cells

    return cells.cells(line)


def letter(core: str, source: str, target: str) -> "Letter | None":
    """See `letters.letter`."""
    if not _LETTER.match(core):
        return None
    from functions.translation.text import letters

    return letters.letter(core, source, target)


def in_full(core: str, source: str, target: str, marked: Marked) -> str:
    """A sentence without short forms and titles; see `abbreviations`."""
    if not _SHORTENED.search(core):
        return core
    from functions.translation.text.abbreviations import expanded, titled

    return titled(expanded(core, source), source, target, marked)


def mark_brands(core: str, language: str, marked: Marked) -> str:
    """See `brands.mark_brands`."""
    if not _BRAND.search(core) or core.isupper():
        return core
    from functions.translation.text import brands

    return brands.mark_brands(core, language, marked)


def listing(core: str, language: str) -> "Listing | None":
    """See `lists.listing`."""
    if not _LISTED.search(core):
        return None
    from functions.translation.text import lists

    return lists.listing(core, language)


def mark_sizes(core: str, source: str, target: str, marked: Marked) -> str:
    """See `lists.mark_sizes`."""
    if not _SIZE.search(core):
        return core
    from functions.translation.text import lists

    return lists.mark_sizes(core, source, target, marked)


def mark_days(core: str, source: str, target: str, marked: Marked) -> str:
    """See `hours.mark_days`."""
    if not _DAY_IN_SHORT.search(core):
        return core
    from functions.translation.text import hours

    return hours.mark_days(core, source, target, marked)


def clauses(core: str, language: str, most: int) -> list[str]:
    """A sentence of more than ``most`` words in shorter pieces; see `clauses.clauses`."""
    if len(core) < 2 * most or len(core.split()) <= most:
        return [core]
    from functions.translation.text import clauses

    return clauses.clauses(core, language, min(most, clauses.PIECE_WORDS))


def lift(core: str, marked: Marked) -> tuple[str, Callable[[str], str]]:
    """A sentence without its comments, and what puts them back; see `floats.lift`."""
    if not marked.has_floats:
        return core, str
    from functions.translation.text import floats

    bare, lifted = floats.lift(core, marked)
    return bare, lifted.put_back


@lru_cache(maxsize=256)
def known_label(text: str, source: str, target: str) -> str | None:
    """What has no end sign and so may be a label; see `terms`, `labels` and `notices`."""
    from functions.translation.text import labels, terms

    found = terms.term(text, source, target) or labels.label(text, source, target)
    return found or notice(text, source, target)


def stand_ins(
    core: str, words: "list[Known]", source: str, target: str, marked: Marked
) -> "StandIns | None":
    """See `stand_ins.stand_ins`."""
    if not words:
        return None
    from functions.translation.text import stand_ins

    return stand_ins.stand_ins(core, words, source, target, marked)


def notice(text: str, source: str, target: str) -> str | None:
    """See `notices.marked_notice`."""
    if not _STATEMENT.fullmatch(text):
        return None
    from functions.translation.text.notices import marked_notice

    return marked_notice(text, source, target)


def differing(source: str, output: str, language: str, target: str) -> list[str]:
    """See `facts.differing`."""
    if not states_facts(source, language) and not states_facts(output, target):
        return []
    from functions.translation.text import facts

    return facts.differing(source, output, language, target)


def mark_facts(
    core: str, kinds: Collection[str], language: str, target: str, marked: Marked
) -> str:
    """See `facts.mark_facts`, which joins the marks of a range too."""
    if not states_facts(core, language) and not MARK.search(core):
        return core
    from functions.translation.text import facts

    return facts.mark_facts(core, kinds, language, target, marked)


def figures_localised(text: str, source: str, target: str) -> str:
    """See `numbers.figures_localised`."""
    if not _DIGIT.search(text):
        return text
    from functions.translation.text.numbers import figures_localised as written

    return written(text, source, target)


def localised_span(text: str, source: str, target: str) -> str:
    """See `numbers.localised_span`."""
    if not _DIGIT.search(text):
        return text
    from functions.translation.text.numbers import localised_span as written

    return written(text, source, target)


def import_all() -> None:
    """Import every module that a text may ask for."""
    for name in MODULES:
        import_module(f"functions.translation.text.{name}")


on_snapshot(import_all)  # whatever a request needs is in the snapshot
