"""What shops sell, and what they say of it: nouns with their gender, colours, materials, purposes.

``things.tsv`` and ``traits.tsv`` were written for this project (CC0). Of forms parted by ``;`` the
first is written, the others are only read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from functions.translation.text.inflection import (
    Gender,
    english_plural,
    french_adjective,
    french_plural,
    german_adjective,
    spanish_adjective,
    spanish_plural,
)

LANGUAGES = ("en", "de", "fr", "es")
# Written, but not read: these are other words more often.
_OTHER_WORDS = {
    "de": "bank leiter bund kohl linse linsen",
    "es": "sobre tienda cocina banco pendiente sierra mango mangos lima granada taco recibo",
    "fr": "col manche avocat pêche mûre reçu cheville lentille lentilles",
    "en": "lead fan dummy tie bin saw desktop bolt date dates mint turkey swing",
}
AMBIGUOUS = {language: frozenset(words.split()) for language, words in _OTHER_WORDS.items()}
_GENDERS: dict[str, tuple[Gender, bool]] = {
    "der": ("m", False), "die": ("f", False), "das": ("n", False),
    "un": ("m", False), "une": ("f", False), "des": ("m", True), "des:f": ("f", True),
    "una": ("f", False), "unos": ("m", True), "unas": ("f", True),
}  # fmt: skip


@dataclass(frozen=True)
class Noun:
    """A noun of one language.

    Attributes:
        plural: the same as the singular where it has but one.
        only_plural: whether it is always a plural.
        others: other words for it, which are read, not written, and whether each is a plural.
    """

    singular: str
    plural: str
    gender: Gender = "n"
    only_plural: bool = False
    others: tuple[tuple[str, bool], ...] = ()

    @property
    def is_pair(self) -> bool:
        """Whether English has no singular of it: ``scissors``."""
        return self.singular == self.plural and self.singular.endswith("s")

    def form(self, *, plural: bool) -> str:
        return self.plural if plural else self.singular

    def forms(self) -> dict[str, bool]:
        """All that it is read by, and whether that is sure to be a plural."""
        return {self.plural: True, self.singular: False, **dict(self.others)}


@dataclass(frozen=True)
class Trait:
    """What is said of a thing.

    Attributes:
        kind: ``colour``, ``quality``, ``material``, ``purpose`` or ``audience``.
        words: by language, the one that is written first.
    """

    kind: str
    words: dict[str, tuple[str, ...]]

    def written(self, language: str) -> str:
        return self.words[language][0].rstrip("=").partition("/")[0]

    def agreeing(self, language: str, gender: Gender, *, plural: bool) -> str:
        """A colour or a quality beside a noun."""
        first, _, feminine = self.words[language][0].partition("/")
        if first.endswith("="):
            return first[:-1]
        if language == "de":
            return german_adjective(first, gender, plural=plural)
        if language == "fr":
            return french_adjective(first, feminine, gender, plural=plural)
        return spanish_adjective(first, gender, plural=plural) if language == "es" else first


class Nouns(dict[str, Noun]):
    """Nouns by language, each made when it is asked for: a text asks for one or two.

    Args:
        cells: of the table, in the order of `LANGUAGES`.
    """

    def __init__(self, cells: Sequence[str]) -> None:
        super().__init__()
        self._cells = cells

    def __missing__(self, language: str) -> Noun:
        noun = self[language] = _noun(self._cells[LANGUAGES.index(language)], language)
        return noun


@dataclass(frozen=True)
class Thing:
    """A noun in each language."""

    nouns: Nouns


_PLURALS = {"en": english_plural, "fr": french_plural, "es": spanish_plural}


def _both(word: str, language: str) -> tuple[str, str]:
    """Singular and plural; German ones are written out."""
    singular, _, plural = word.partition("/")
    return singular, plural or _PLURALS.get(language, str)(singular)


def _noun(cell: str, language: str) -> Noun:
    first, *more = cell.split(";")
    article, word = ("das", first) if language == "en" else first.split(" ", 1)
    gender, only_plural = _GENDERS[article]
    singular, plural = (word, word) if only_plural else _both(word, language)
    others: dict[str, bool] = {}
    for one, several in (_both(other, language) for other in more):
        others |= {several: True, one: False}
    if language == "de" and plural[-1] not in "ns":
        others[plural + "n"] = True  # the dative
    return Noun(singular, plural, gender, only_plural, (*others.items(),))


def _rows(name: str) -> list[list[str]]:
    path = Path(__file__).parent / "data" / name
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


@lru_cache(maxsize=1)
def things() -> list[Thing]:
    """All of ``things.tsv``."""
    return [Thing(Nouns(row)) for row in _rows("things.tsv")]


@lru_cache(maxsize=1)
def traits() -> list[Trait]:
    """All of ``traits.tsv``."""
    return [
        Trait(
            kind, {code: (*cell.split(";"),) for code, cell in zip(LANGUAGES, cells, strict=True)}
        )
        for kind, *cells in _rows("traits.tsv")
    ]


@lru_cache(maxsize=4)
def nouns(language: str) -> dict[str, tuple[Thing, bool]]:
    """Each form of each noun in small letters, with its thing and whether it is a plural.

    What has one form alone is none.
    """
    found: dict[str, tuple[Thing, bool]] = {}
    for written_only in (True, False):
        for thing in things():
            noun = thing.nouns[language]
            for form, plural in noun.forms().items():
                if form.lower() in AMBIGUOUS[language]:
                    continue
                if (form in (noun.singular, noun.plural)) == written_only:
                    found.setdefault(form.lower(), (thing, plural))
    return found
