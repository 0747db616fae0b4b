"""What is wrong with a translation, as far as it can be seen without reading it."""

import re
from collections import Counter

from functions.translation.schemas import Fault
from functions.translation.text import names, rarities, safety
from functions.translation.text.lexicon import LANGUAGES, WORD, is_common
from functions.translation.text.spans import Marked

# With one of these the translation says something else than its source.
GRAVE: frozenset[Fault] = frozenset(("date", "time", "number"))
_STUTTER = re.compile(r"([^\W\d_]{2,6})\1\1|([^\W\d_]{4,})\2", re.IGNORECASE)
_ECHO = re.compile(r"\b([^\W\d_]{3,})(?:[ ,]+\1\b)+", re.IGNORECASE)
MOST_SAME = 2  # times that a three-word sequence may stand in a sentence whose source repeats none
FEWEST_TO_JUDGE = 3  # words of a text that can be judged as left in its language
MOST_GROWTH = 3.0


def faults(
    source: str, output: str, language: str, target: str, written: str | None = None
) -> list[Fault]:
    """What differs, gravest first.

    Args:
        source: a marked sentence.
        output: its marked translation.
        language: of the source.
        target: of the output.
        written: the output without what was put aside; the output where nothing was.
    """
    plain, told = Marked.without(source), Marked.without(output)
    own = told if written is None else written
    facts = rarities.differing(plain, told, language, target)
    found: list[Fault] = [kind for kind in ("date", "time", "number") if kind in facts]
    if safety.negation_differs(plain, told, language, target):
        found.append("negation")
    if safety.hazards_lost(plain, told, language, target):
        found.append("hazard")
    members = rarities.listing(source, language)
    if members and not members.are_kept(output, language, target):
        found.append("list")
    if repeats(plain, told):
        found.append("repetition")
    if is_left(plain, own, language, target):
        found.append("untranslated")
    if is_garbled(plain, own, target):
        found.append("garbled")
    if not source.isupper() and names.lost(source, told, language, target):
        found.append("name")
    return found


def repeats(source: str, output: str) -> bool:
    """Whether a translation stutters, goes round in circles, or is far too long."""
    for pattern in (_STUTTER, _ECHO):
        if pattern.search(output) and not pattern.search(source):
            return True
    words, told = output.lower().split(), source.lower().split()
    if len(words) > MOST_GROWTH * len(told) + 8:
        return True
    most = _most_of_a_triple(words)
    return most > MOST_SAME and most > _most_of_a_triple(told)


def _most_of_a_triple(words: list[str]) -> int:
    """How often the most frequent sequence of three words stands in a text."""
    if len(words) < MOST_SAME + 3:  # not more often than it may
        return 1
    return max(Counter(zip(words, words[1:], words[2:], strict=False)).values())


def is_left(source: str, output: str, language: str, target: str) -> bool:
    """Whether the translation is its source again, or holds words of the source's language."""
    words = WORD.findall(source)
    if len(words) >= FEWEST_TO_JUDGE and source.strip().lower() == output.strip().lower():
        return True
    if language not in LANGUAGES or target not in LANGUAGES:
        return False
    told = set(WORD.findall(output.lower()))
    return any(
        len(word) > 2
        and word.lower() in told
        and is_common(word, language)
        and not _is_of(word, target)
        for word in {*words}
    )


def is_garbled(source: str, output: str, target: str) -> bool:
    """Whether the translation has a word that is neither its language's nor in the source."""
    if target not in LANGUAGES:
        return False
    here = set(WORD.findall(source.lower()))
    return any(
        len(word) > 1 and word.lower() not in here and not _is_of(word, target)
        for word in {*WORD.findall(output)}
    )


def _is_of(word: str, language: str) -> bool:
    if is_common(word, language) or names.is_compound(word, language):
        return True
    from functions.translation.text.things import nouns  # noqa: PLC0415 - few words are rare

    return word.lower() in nouns(language)
