"""The common words of a language, and what words become in another.

What is in no list of common words may be a name. ``meanings.*.tsv.gz`` (made by
``python -m training.translation.meanings``, CC0) has what some 5,000 words of shop texts become. A
word of which a translation holds no meaning is missing: the model may have said it in another way,
but the more words are missing, the likelier it has guessed.
"""

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

MOST_HYPHENS = 3  # of a word that is looked up part by part
LANGUAGES = ("en", "de", "fr", "es")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ELIDED = re.compile(r"^(?:[cdjlmnst]|qu)['’](?=\w)", re.IGNORECASE)
# Or what is left of a verb: "I'd".
_POSSESSIVE = re.compile(r"(?:['’]s?|(?<=[A-Za-z])(?:['’](?:d|ll|ve|re|m)|n['’]t))$")
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

SHORT = 3  # letters of a beginning that is a word by itself, with two letters more at most
MOST_ENDING = 2
LONGEST = 40  # letters of a beginning
ARTICLE = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)['’](?=\w)")


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


class Meaning(NamedTuple):
    """What a word becomes.

    Attributes:
        written: what it nearly always becomes; empty where that is open.
        starts: how all its meanings begin.
    """

    written: str
    starts: tuple[str, ...]

    @classmethod
    def of(cls, row: str) -> "Meaning":
        """What a word's row of `table` says."""
        written, starts = row.split("\t")
        return cls(written, (*starts.split(),))


class Known(NamedTuple):
    """A word of a text whose meanings are known, and where it stands."""

    start: int
    end: int
    word: str


@lru_cache(maxsize=6)
def table(source: str, target: str) -> dict[str, str]:
    """Rows by word, which `Meaning.of` reads; empty where the pair is not known."""
    path = Path(__file__).parent / "data" / f"meanings.{source}-{target}.tsv.gz"
    if source not in LANGUAGES or not path.is_file():
        return {}
    import gzip  # noqa: PLC0415 - for the first text that asks

    lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines)


@lru_cache(maxsize=256)
def words_known(text: str, source: str, target: str) -> tuple[Known, ...]:
    """The words of a text whose meanings are known; each translation of it asks for them."""
    meanings = table(source, target)
    found: list[Known] = []
    for match in WORD.finditer(text) if meanings else ():
        elided = ARTICLE.match(match[0].lower())
        at = match.start() + (elided.end() if elided else 0)
        for part in re.finditer(r"[^-]+", text[at : match.end()]):
            word = part[0].lower().replace("’", "'").removesuffix("'s")
            if word in meanings:
                found.append(Known(at + part.start(), at + part.start() + len(word), word))
    return tuple(found)


def missing(text: str, output: str, source: str, target: str) -> tuple[list[Known], int]:
    """The words that a translation has no meaning of, and how many were looked for."""
    looked_for = words_known(text, source, target)
    if not looked_for:
        return [], 0
    rows, there = table(source, target), _Said.of(output, joins=target == "de")
    lost = [one for one in looked_for if not there.says_any(Meaning.of(rows[one.word]).starts)]
    return lost, len(looked_for)


class _Said(NamedTuple):
    """The words of a translation, made ready to be asked for their beginnings.

    Attributes:
        starts: all beginnings of its words.
        whole: those of which at most `MOST_ENDING` letters are missing.
        text: its words, where a meaning may be inside of one; else empty.
    """

    starts: frozenset[str]
    whole: frozenset[str]
    text: str

    @classmethod
    @lru_cache(maxsize=64)
    def of(cls, output: str, *, joins: bool) -> "_Said":
        words: set[str] = set()
        for word in WORD.findall(output.lower().replace("’", "'")):
            words |= {*ARTICLE.sub("", word).split("-")}
        starts = {word[:size] for word in words for size in range(1, min(LONGEST, len(word)) + 1)}
        whole = {word[: len(word) - less] for word in words for less in range(MOST_ENDING + 1)}
        return cls(frozenset(starts), frozenset(whole), " ".join(words) if joins else "")

    def says_any(self, starts: tuple[str, ...]) -> bool:
        for start in starts:
            if start in (self.whole if len(start) <= SHORT else self.starts):
                return True
            if self.text and len(start) > SHORT and start in self.text:  # German joins words
                return True
        return False
