"""Sentences in a language, to prove a vocabulary on and to compare int8 with fp32 on."""

from pathlib import Path

from training.errors import DataError
from training.translation.datasets import PHRASES
from training.translation.pairs import Pair, read_pairs, read_tsv

SHOP = Path(__file__).parent / "shop.tsv"  # written for this project: English, Portuguese
MOST_LINES = 1_000
_PHRASE_LANGUAGES = ("en", "de", "fr", "es")  # columns of the project's own phrases


def shop_pairs(source: str, target: str) -> list[Pair]:
    """The project's own shop sentences with their translations, where both languages are there."""
    pairs = read_pairs(SHOP, "en", "pt")
    if (source, target) == ("pt", "en"):
        return [pair.reverse() for pair in pairs]
    return pairs if (source, target) == ("en", "pt") else []


def sample_lines(language: str, text: Path | None) -> list[str]:
    """Lines of a file, or of what comes with the project.

    Raises:
        DataError: there are none.
    """
    if text is not None:
        try:
            lines = text.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"--text {text} must be a file of UTF-8 lines: {error}") from error
        found = [" ".join(line.split()) for line in lines if line.strip()][:MOST_LINES]
        if not found:
            raise DataError(f"--text {text} has no lines; give some in the source language.")
        return found
    if language in _PHRASE_LANGUAGES:
        column = _PHRASE_LANGUAGES.index(language)
        folder = Path(__file__).parent.parent
        rows = [row for name in PHRASES for row in read_tsv(folder / name)]
        return [row[column] for row in rows][:: max(1, len(rows) // MOST_LINES)]
    found = [pair.source for pair in shop_pairs(language, "en")]
    if not found:
        raise DataError(f"No sample text for {language} comes with the project: give --text FILE.")
    return found
