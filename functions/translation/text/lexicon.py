"""The common words of a language: what is in none of these lists may be a name."""

import re
from functools import lru_cache
from pathlib import Path

MOST_HYPHENS = 3  # of a word that is looked up part by part
LANGUAGES = ("en", "de", "fr", "es")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ELIDED = re.compile(r"^(?:[cdjlmnst]|qu)['’](?=\w)", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?$")


@lru_cache(maxsize=8)
def common_words(language: str) -> frozenset[str]:
    """A language's common words, German nouns with their capital; none where no list is."""
    if language not in LANGUAGES:
        return frozenset()
    import gzip  # noqa: PLC0415 - for the first text that asks

    path = Path(__file__).parent / "data" / f"words.{language}.txt.gz"
    return frozenset(gzip.decompress(path.read_bytes()).decode("utf-8").splitlines())


def is_common(word: str, language: str) -> bool:
    """Whether a word is one of the language, in whatever case it stands."""
    known = common_words(language)
    bare = _POSSESSIVE.sub("", _ELIDED.sub("", word))
    forms = {word, word.lower(), bare, bare.lower(), bare.lower().capitalize()}
    if known.isdisjoint(forms) and 0 < bare.count("-") <= MOST_HYPHENS:
        return all(is_common(part, language) for part in bare.split("-") if part)
    return not known.isdisjoint(forms)


def written_small(word: str, language: str) -> str:
    """A word of a text in capitals as it stands in a sentence: German nouns keep their capital."""
    small = word.lower()
    known = common_words(language)
    return small.capitalize() if small not in known and small.capitalize() in known else small


def share(text: str, language: str) -> float:
    """Share of the text's words that are common in a language, 0 to 1."""
    words = WORD.findall(text)
    return sum(is_common(word, language) for word in words) / len(words) if words else 0.0
