"""What words of a text may become in another language.

Two kinds of tables say so (made by ``python -m training.translation.dictionary``, CC0):
``dictionary.txt.gz`` was written by hand and has the forms of each word in English, German, French
and Spanish; ``counted.<language>.txt.gz`` has words of that language, and the forms of the other
three that they are seen with in this project's own lines. A table is its four columns, one after
the other, so that a text which asks for two languages costs no more: a word to a line, its forms
parted by semicolons.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, repeat
from pathlib import Path

from functions.translation.text.lexicon import ARTICLE, LANGUAGES, WORD, is_common

COLUMN_END = "\n\f\n"
ONLY_WRITTEN = "~"  # before a form that is not looked up: it is common, and mostly something else
MOST_FORMS = 24  # of what a word may become
MOST_WORDS = 3  # of a term, such as "pomme de terre"
SHORTEST_PART, SHORTEST_LAST = 4, 5  # letters of a compound's first and last part
LINKS = ("s", "es", "n", "en")  # between the parts of a German compound
SHORTEST = 3  # letters of a word that is looked up, and of what an ending is taken from
_DATA = Path(__file__).parent / "data"

# Endings that a source's word may have beyond the form of the dictionary, and what they stand for.
_TAKEN: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (("ies", "y"), ("es", ""), ("s", ""), ("ed", ""), ("d", ""), ("ing", ""), ("ing", "e")),
    "de": (("en", ""), ("er", ""), ("es", ""), ("em", ""), ("e", ""), ("n", ""), ("s", "")),
    "fr": (("es", ""), ("s", ""), ("x", ""), ("e", "")),
    "es": (("ces", "z"), ("es", ""), ("s", "")),
}


class Table:
    """A table that is cut up no further than it is asked for.

    Args:
        packed: its file, which gzip compressed.
    """

    def __init__(self, packed: bytes) -> None:
        import gzip  # noqa: PLC0415 - for the first text that asks

        text = gzip.decompress(packed).decode("utf-8")
        self._columns = dict(zip(LANGUAGES, text.split(COLUMN_END), strict=True))
        self._cells: dict[str, list[str]] = {}
        self._places: dict[str, tuple[dict[str, int], dict[str, int]]] = {}

    def forms(self, term: str, source: str, target: str) -> list[str] | None:
        """What a term in small letters becomes; None where it is not in the table.

        Of more than two words that have the form, two are taken.
        """
        first, last = self._places_of(source)
        if term not in first:
            return None
        places = dict.fromkeys((first[term], last[term]))
        cells = (self._cells_of(target)[place] for place in places)
        return [form.lstrip(ONLY_WRITTEN) for cell in cells for form in cell.split(";") if form]

    def _cells_of(self, language: str) -> list[str]:
        if language not in self._cells:
            self._cells[language] = self._columns[language].split("\n")
        return self._cells[language]

    def _places_of(self, language: str) -> tuple[dict[str, int], dict[str, int]]:
        """The first and the last word with each form."""
        if language not in self._places:
            column = self._columns[language].lower()
            forms = column.replace("\n", ";").split(";")
            sizes = map(str.count, column.split("\n"), repeat(";"))
            places = [*chain.from_iterable(repeat(at, size + 1) for at, size in enumerate(sizes))]
            first = dict(zip(reversed(forms), reversed(places), strict=True))
            self._places[language] = first, dict(zip(forms, places, strict=True))
        return self._places[language]


@lru_cache(maxsize=1)
def _dictionary() -> Table:
    return Table((_DATA / "dictionary.txt.gz").read_bytes())


@lru_cache(maxsize=len(LANGUAGES))
def _counted(language: str) -> Table:
    return Table((_DATA / f"counted.{language}.txt.gz").read_bytes())


def has(source: str, target: str) -> bool:
    """Whether the dictionary has both languages."""
    return source != target and source in LANGUAGES and target in LANGUAGES


def translations(text: str, source: str, target: str) -> list[tuple[str, ...]]:
    """What each word of a text that the tables have may become, in the order of the text.

    Args:
        text: of the source.
        source: its language; see `has`.
        target: language to write.

    Returns:
        Forms of each word, at most `MOST_FORMS`, the most usual first.
    """
    words = [_bare(match[0]) for match in WORD.finditer(text)]
    found: list[tuple[str, ...]] = []
    place = 0
    while place < len(words):
        size, forms = _longest(words[place : place + MOST_WORDS], source, target)
        found += forms
        place += size
    return found


def _bare(word: str) -> str:
    return ARTICLE.sub("", word.lower().replace("’", "'")).removesuffix("'s")


def _longest(words: list[str], source: str, target: str) -> tuple[int, list[tuple[str, ...]]]:
    """How many of the words make a term, at least one, and what it, or its parts, may become."""
    for size in range(len(words), 0, -1):
        forms = _forms(" ".join(words[:size]), source, target)
        if forms:
            return size, [forms]
    return 1, _of_parts(words[0], target) if source == "de" else []


def _of_parts(word: str, target: str) -> list[tuple[str, ...]]:
    """What the parts of a German compound may become, where the last one is known."""
    if len(word) < SHORTEST_PART + SHORTEST_LAST or is_common(word, "de"):
        return []
    for place in range(SHORTEST_PART, len(word) - SHORTEST_LAST + 1):
        last = _forms(word[place:], "de", target)
        if last:
            first = word[:place].rstrip("-")
            parts = (first, *(first.removesuffix(link) for link in LINKS if first.endswith(link)))
            known = (_forms(part, "de", target) for part in parts if len(part) >= SHORTEST_PART)
            return [*([forms] if (forms := next(filter(None, known), ())) else []), last]
    return []


@lru_cache(maxsize=4_096)
def _forms(term: str, source: str, target: str) -> tuple[str, ...]:
    if len(term) < SHORTEST:
        return ()
    seen = _counted(source).forms(term, source, target) or []
    written = forms_written(_dictionary(), term, source, target)
    return tuple(dict.fromkeys([*seen, *written]))[:MOST_FORMS]


def forms_written(table: Table, term: str, source: str, target: str) -> list[str]:
    """What the dictionary says that a term, perhaps without its ending, becomes."""
    looked_up = (table.forms(one, source, target) for one in _looked_up(term, source))
    return [*_inflected(next((forms for forms in looked_up if forms is not None), []), target)]


def _looked_up(term: str, language: str) -> Iterator[str]:
    """A term and what it is without an ending."""
    yield term
    for ending, instead in _TAKEN[language]:
        if term.endswith(ending) and len(term) - len(ending) >= SHORTEST:
            yield term.removesuffix(ending) + instead


def _inflected(forms: list[str], language: str) -> Iterator[str]:
    """The forms as they are, then with the endings that texts have most."""
    yield from forms
    for form in forms:
        if language == "de" and form[0].islower():
            yield from (form.removesuffix("en") + "t",) if form.endswith("en") else ()
            yield from (f"{form.removesuffix('e')}{ending}" for ending in ("e", "en", "er", "es"))
        elif language == "de" and form.endswith(("e", "er", "el")):
            yield f"{form}n"
        elif language == "fr" and not form.endswith(("s", "x", "z")):
            yield f"{form}s"
        elif language == "es" and not form.endswith(("s", "z")):
            yield f"{form}s" if form[-1] in "aeiouáéíóú" else f"{form}es"
