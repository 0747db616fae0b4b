"""Sentence pairs: reading, checking and filtering."""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.errors import DataError

LENGTH_RATIO = 2.5  # of characters, past which a pair is no translation
FREE_CHARACTERS = 20  # short texts may differ more


@dataclass(frozen=True, slots=True)
class Pair:
    """One sentence and its translation, with the codes of their languages."""

    source: str
    target: str
    source_language: str
    target_language: str

    def reverse(self) -> "Pair":
        return Pair(self.target, self.source, self.target_language, self.source_language)


def read_tsv(path: Path) -> list[list[str]]:
    """Columns of a UTF-8 file of tab-separated lines, plain or gzipped.

    Raises:
        DataError: the file is missing, not UTF-8, or a line has fewer than two columns.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    rows = []
    try:
        with opener(path, "rt", encoding="utf-8", newline="") as stream:
            reader = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
            for number, row in enumerate(reader, 1):
                if not row:
                    continue
                if len(row) < 2:
                    raise DataError(
                        f"{path}:{number} has no TAB. Each line must be: source TAB translation."
                    )
                rows.append(row)
    except FileNotFoundError as error:
        raise DataError(f"{path} is not there. Give an existing file of sentence pairs.") from error
    except (UnicodeDecodeError, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is not UTF-8 text (or gzip of it): {error}") from error
    return rows


def read_pairs(path: Path, source_language: str, target_language: str) -> list[Pair]:
    """Pairs of a file whose first column is in ``source_language``, the second in the other."""
    return [
        Pair(row[0].strip(), row[1].strip(), source_language, target_language)
        for row in read_tsv(path)
    ]


def usable(pair: Pair, max_words: int) -> bool:
    """Whether a pair can teach anything: both sides there, of like length, and not the same."""
    source, target = pair.source, pair.target
    if not source or not target:
        return False
    if len(source.split()) > max_words or len(target.split()) > max_words * 1.5:
        return False
    long, short = max(len(source), len(target)), min(len(source), len(target))
    if long > short * LENGTH_RATIO + FREE_CHARACTERS:
        return False
    return source != target or len(source.split()) <= 3


def filtered(pairs: list[Pair], max_words: int) -> Iterator[Pair]:
    return (pair for pair in pairs if usable(pair, max_words))
