"""Capitals: taken from a text before the model reads it, and given back to its translation."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from functions.translation.text.lexicon import WORD, common_words, written_small
from functions.translation.text.patterns import MARKS

Case = Literal["upper", "title", "sentence"]
_CAPITALS = re.compile(r"(?<![\w'’-])[^\W\d_a-zß-öø-ÿ]{2,}(?:['’-][^\W\d_a-zß-öø-ÿ]+)*(?![\w'’-])")
NEAR = 24  # characters before a word, in which the verb may be that tells to type it
MOST_TITLE_WORDS = 7
SMALL = {
    "en": frozenset(
        [
            "a",
            "an",
            "and",
            "as",
            "at",
            "but",
            "by",
            "for",
            "from",
            "in",
            "into",
            "nor",
            "of",
            "off",
            "on",
            "or",
            "per",
            "the",
            "to",
            "up",
            "via",
            "vs",
            "with",
        ]
    )
}
# Short ones only: a longer word in capitals is judged by the list of common words.
_STRESSED = {
    "en": frozenset(
        [
            "not",
            "no",
            "all",
            "any",
            "new",
            "now",
            "only",
            "one",
            "two",
            "you",
            "your",
            "we",
            "our",
            "do",
            "get",
            "sale",
            "free",
        ]
    ),
    "de": frozenset(
        ["nur", "neu", "alle", "kein", "nie", "jetzt", "nicht", "ab", "bis", "wir", "sie", "ihr"]
    ),
    "fr": frozenset(["pas", "non", "tout", "tous", "neuf", "ne", "les", "vos", "nos", "une"]),
    "es": frozenset(["no", "sin", "sólo", "solo", "hoy", "más", "ya", "los", "las", "una"]),
}
_TO_BE_TYPED = re.compile(
    r"(?:\b(?:text|type|enter|send|reply|write|word|code|keyword|use|say|press|wort|kennwort|eingeben"
    r"|antworten|sms|taste|tapez|envoyez|écrivez|répondez|mot|saisissez|escriba|escribe|envíe|envía"
    r"|responda|palabra|código|teclee|pulse)\s+[\"'“„«]?\s*)$",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def case_of(core: str, source: str) -> Case:
    """In which case a sentence stands as a whole."""
    words = WORD.findall(core)
    letters = [c for word in words for c in word]
    if _is_upper(words, letters):
        return "upper"
    return "title" if _is_title(core, words, source) else "sentence"


def _is_upper(words: list[str], letters: list[str]) -> bool:
    if any(c.islower() for c in letters) or not letters:
        return False
    return len(letters) >= 4 and (len(words) > 1 or len(letters) >= 6)


def _is_title(core: str, words: list[str], source: str) -> bool:
    """Whether a text is a label with a capital for each word."""
    if not 0 < len(words) <= MOST_TITLE_WORDS or core.rstrip()[-1] in ".!?…:;":
        return False
    small = SMALL.get(source, frozenset())
    if len(words) == 1:
        return source != "de" and words[0].istitle() and len(words[0]) > 1
    capital = [word[0].isupper() for word in words if word not in small]
    if source == "de":  # nouns have capitals anyway: another word must have one beside the first
        known = common_words("de")
        return all(capital) and any(word.lower() in known for word in words[1:])
    return all(capital) and len(capital) > 1


@lru_cache(maxsize=256)
def sentence_case(core: str, case: Case, source: str) -> str:
    """The sentence as it would stand in running text."""
    if case == "sentence":
        return _unstressed(core, source)
    acronym = case == "title"
    text = WORD.sub(lambda match: _small(match[0], source, acronym=acronym), core)
    return first_capital(text)


def _small(word: str, source: str, *, acronym: bool) -> str:
    if acronym and word.isupper() and len(word) > 1:
        return word
    return written_small(word, source)


def all_small(text: str, language: str) -> str:
    """A term without the capitals of a label; names and short forms keep theirs."""
    return WORD.sub(
        lambda match: written_small(match[0], language) if match[0].istitle() else match[0], text
    )


def first_capital(text: str) -> str:
    """A text whose first letter is a capital."""
    match = re.search(r"[^\W\d_]", text)
    if match is None:
        return text
    return text[: match.start()] + match[0].upper() + text[match.end() :]


def _unstressed(core: str, source: str) -> str:
    """A sentence without the capitals of words that are only stressed by them."""
    stressed = _STRESSED.get(source, frozenset())
    opening = len(core) - len(core.lstrip(MARKS))

    def small(match: re.Match[str]) -> str:
        word = match[0]
        lower = word.lower()
        if _is_typed(core, match) or word == "I":
            return word
        if lower in stressed or (len(word) >= 4 and lower in common_words(source)):
            return lower if match.start() > opening else lower.capitalize()
        return word

    return _CAPITALS.sub(small, core)


def _is_typed(core: str, match: re.Match[str]) -> bool:
    return bool(_TO_BE_TYPED.search(core[max(0, match.start() - NEAR) : match.start()]))


def typed_words(core: str) -> list[str]:
    """Words in capitals that the reader is told to type, which are the same in any language."""
    return [match[0] for match in _CAPITALS.finditer(core) if _is_typed(core, match)]


def small_first(core: str, source: str) -> str:
    """A label without the capital of its first word, unless that is written so in a sentence."""
    match = re.search(r"[^\W\d_]+", core)
    if match is None or match[0].isupper():
        return core
    return core[: match.start()] + written_small(match[0], source) + core[match.end() :]


def recased(case: Case, source_core: str, target: str) -> Callable[[str], str]:
    """What gives a translation the case of its source."""

    def recase(text: str) -> str:
        if case == "upper":
            return _upper(text)
        first = re.search(r"[^\W\d_]", source_core)
        if case == "title":
            several = len(WORD.findall(source_core)) > 1
            text = _title(text) if target == "en" and several else text
            return first_capital(text)
        if first and first[0].isupper() and not re.search(r"\d", source_core[: first.start()]):
            return _capital_at_start(text)
        return text

    return recase


def _capital_at_start(text: str) -> str:
    match = re.match(rf"[\s\"'“„«¿¡(\[{MARKS}]*([^\W\d_])", text)
    if match is None or (match.end() - match.start() > 1 and re.search(f"[{MARKS}]", match[0])):
        return text
    return text[: match.end() - 1] + match[1].upper() + text[match.end() :]


def _upper(text: str) -> str:
    return text.upper()


def _title(text: str) -> str:
    """English with a capital for every word but the small ones."""

    def capital(match: re.Match[str]) -> str:
        word = match[0]
        if word in SMALL["en"] and match.start():
            return word
        return word[0].upper() + word[1:]

    return WORD.sub(capital, text)
