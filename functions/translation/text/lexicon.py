"""The common words of a language: what is in none of these lists may be a name."""

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from pathlib import Path

MOST_HYPHENS = 3  # of a word that is looked up part by part
LANGUAGES = ("en", "de", "fr", "es")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ELIDED = re.compile(r"^(?:[cdjlmnst]|qu)['’](?=\w)", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?$")
_AFTER_ALL = b"\xff\xff"  # no UTF-8 has it


class Words:
    """Words of a sorted list that is cut up no further than it is looked into.

    A text asks for few of fifty thousand words; to make a set of all takes 20 ms and 7 MB.

    Args:
        lines: each word in UTF-8 with a line's end, in order.
    """

    def __init__(self, lines: bytes) -> None:
        self._lines = b"\n" + lines + _AFTER_ALL
        self._beginning: dict[bytes, frozenset[str]] = {}

    def __contains__(self, word: str) -> bool:
        first = f"{word}\n".encode()[:2]
        if first not in self._beginning:
            self._beginning[first] = self._that_begin(first)
        return word in self._beginning[first]

    def _that_begin(self, first: bytes) -> frozenset[str]:
        places = range(len(self._lines) - len(_AFTER_ALL))
        start = self._next(bisect_left(places, first, key=self._beginning_after))
        end = self._next(bisect_right(places, first, key=self._beginning_after))
        return frozenset(self._lines[start:end].decode().split())

    def _beginning_after(self, place: int) -> bytes:
        start = self._next(place)
        return self._lines[start : start + 2]

    def _next(self, place: int) -> int:
        """Where the next line begins."""
        return self._lines.index(b"\n", place) + 1


_NONE = Words(b"")


@lru_cache(maxsize=8)
def common_words(language: str) -> Words:
    """A language's common words, German nouns with their capital; none where no list is."""
    if language not in LANGUAGES:
        return _NONE
    import gzip  # noqa: PLC0415 - for the first text that asks

    path = Path(__file__).parent / "data" / f"words.{language}.txt.gz"
    return Words(gzip.decompress(path.read_bytes()))


def is_common(word: str, language: str) -> bool:
    """Whether a word is one of the language, in whatever case it stands."""
    known = common_words(language)
    bare = _POSSESSIVE.sub("", _ELIDED.sub("", word))
    forms = {word, word.lower(), bare, bare.lower(), bare.lower().capitalize()}
    if any(form in known for form in forms):
        return True
    if not 0 < bare.count("-") <= MOST_HYPHENS:
        return False
    return all(is_common(part, language) for part in bare.split("-") if part)


def written_small(word: str, language: str) -> str:
    """A word of a text in capitals as it stands in a sentence: German nouns keep their capital."""
    small = word.lower()
    known = common_words(language)
    return small.capitalize() if small not in known and small.capitalize() in known else small


def share(text: str, language: str) -> float:
    """Share of the text's words that are common in a language, 0 to 1."""
    words = WORD.findall(text)
    return sum(is_common(word, language) for word in words) / len(words) if words else 0.0
