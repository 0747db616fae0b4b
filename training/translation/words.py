"""The common words of each language, which are not names, counted in the training pairs.

    python -m training.translation.words --data-dir DIR

Writes ``functions/translation/text/data/words.<language>.txt.gz``. A word is common where it
is written small at least `FEWEST` times. Written with a capital ("Christmas", any noun of German)
it is one too where its translations seldom repeat it, as they would repeat a name. The words of
``notices.tsv`` are common whatever their count.
"""

import argparse
import gzip
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LANGUAGES = ("en", "de", "fr", "es")
LINES = 40_000  # of each file, so that none outweighs the others
FEWEST = 4
FEWEST_CAPITALS = {"de": 4}  # whose nouns all have one
MANY = 12  # the same for other languages
MOST_COPIED = 0.4  # of a capitalised word's occurrences
LEAST_SMALL = 0.02  # small occurrences of a word for each one with a capital
OUT = Path(__file__).resolve().parents[2] / "functions" / "translation" / "text" / "data"
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
DIRECTION = re.compile(r"\.en-([a-z]{2})\.tsv\.gz$")


@dataclass
class Counts:
    """How often the words of a language were seen.

    Attributes:
        small: in lower case.
        capital: with a capital.
        copied: of the latter, where the translation holds the word too.
    """

    small: Counter[str] = field(default_factory=Counter)
    capital: Counter[str] = field(default_factory=Counter)
    copied: Counter[str] = field(default_factory=Counter)

    def add(self, text: str, translation: str) -> None:
        """Count one side of a pair; capitals alone say nothing about a word."""
        if text.isupper():
            return
        other = set(_WORD.findall(translation))
        for word in _WORD.findall(text):
            if word.islower():
                self.small[word] += 1
            elif word.istitle():
                self.capital[word] += 1
                self.copied[word] += word in other

    def common(self, language: str) -> list[str]:
        """The words that are no names, sorted."""
        found = {
            word
            for word, count in self.small.items()
            if len(word) > 1
            and count >= FEWEST
            and count > LEAST_SMALL * self.capital[word.capitalize()]
        }
        fewest = FEWEST_CAPITALS.get(language, MANY)
        found |= {
            word
            for word, count in self.capital.items()
            if count >= fewest
            and self.copied[word] < MOST_COPIED * count
            and word.lower() not in found
        }
        return sorted(found)


def rows_of(path: Path, columns: int) -> Iterator[list[str]]:
    """The first lines of a file, those with so many columns or more, cut at the tabs."""
    opening = gzip.open if path.suffix == ".gz" else open
    with opening(path, "rt", encoding="utf-8") as stream:
        for number, line in enumerate(stream):
            if number == LINES:
                return
            row = line.rstrip("\n").split("\t")
            if len(row) >= columns:
                yield row


def count(data_dir: Path) -> dict[str, Counts]:
    """Counts over every pair of ``mt`` that is not for development."""
    counts = {language: Counts() for language in LANGUAGES}
    for path in sorted((data_dir / "mt").glob("*/*.tsv*")):
        direction = DIRECTION.search(path.name)
        if path.parent.name == "dev" or (not direction and path.parent.name != "own"):
            continue
        others = [direction[1]] if direction else list(LANGUAGES[1:])
        for row in rows_of(path, 1 + len(others)):
            counts["en"].add(row[0], row[1])
            for language, text in zip(others, row[1:], strict=False):
                counts[language].add(text, row[0])
    return counts


def of_notices(language: str) -> set[str]:
    """The words of the statements that the service writes itself, which so are none's mistake."""
    place = LANGUAGES.index(language)
    lines = (OUT / "notices.tsv").read_text(encoding="utf-8").splitlines()
    rows = [[cell.split(";") for cell in line.split("\t")] for line in lines]
    english = {form for row in rows for form in row[0]} if place else set()  # "Made in Italy"
    forms = {form for row in rows for form in row[place]} - english
    found: set[str] = set()
    for form in forms:
        first, *others = _WORD.findall(form) or [""]
        # Whether a German word that opens a statement is a noun, its capital does not tell.
        found |= {*others, *([] if language == "de" else [first.lower()])}
    return {word for word in found if len(word) > 1 and not word.isupper()}


def write(language: str, words: list[str]) -> Path:
    """Write a list, the same bytes for the same words."""
    path = OUT / f"words.{language}.txt.gz"
    path.write_bytes(gzip.compress(("\n".join(words) + "\n").encode(), mtime=0))
    return path


def main() -> None:
    """Count, and write the list of each language."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    for language, counts in count(parser.parse_args().data_dir).items():
        words = sorted({*counts.common(language), *of_notices(language)})
        path = write(language, words)
        print(f"{len(words):,} words, {path.stat().st_size:,} bytes in {path.name}")


if __name__ == "__main__":
    main()
