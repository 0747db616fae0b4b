"""CSV with commas, semicolons or tabs; its byte order mark and line ends are kept."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from local.command import CommandError
from local.tables.base import Answer, Table, named, partial

BOM = "\ufeff"
DELIMITERS = (",", ";", "\t")
SUFFIXES = (".csv", ".tsv", ".tab")


class Delimited(Table):
    """A CSV file with a header.

    Args:
        path: of the file.
        column: name of the one to translate.
        target: code of the language to write, which names the new columns.
        overwrite: whether translations that are there already are made anew.

    Raises:
        CommandError: it is not UTF-8 CSV, or has not that column, or has it twice.
    """

    def __init__(self, path: Path, column: str, target: str, *, overwrite: bool) -> None:
        super().__init__()
        text = read_text(path)
        self._bom = text.startswith(BOM)
        text = text.removeprefix(BOM)
        self._line_end = "\r\n" if "\r\n" in text else "\n"
        self._delimiter = delimiter(text, path)
        self._rows = parse(text, self._delimiter, path)
        header = self._rows[0] if self._rows else []
        at = _column(header, column, path) if header else 0
        if len(self._rows) < 2:
            raise CommandError(f"{path} has no rows.")
        self._names = (f"{column}_{target}", f"{column}_{target}_note")
        self._places = [header.index(name) if name in header else None for name in self._names]
        twice = [name for name, count in Counter(header).items() if count > 1]
        if twice:
            self.remarks.append(f"headers that are there more than once: {', '.join(twice)}")
        ragged = [n for n, row in enumerate(self._rows, 1) if row and len(row) != len(header)]
        if ragged:
            self.remarks.append(
                f"rows left alone, since they have not {len(header)} cells: {named(ragged)}"
            )
        kept = 0
        for row in self._rows[1:]:
            usable = len(row) == len(header)
            done = usable and self._places[0] is not None and bool(row[self._places[0]])
            kept += done and not overwrite
            self.texts.append(row[at] if usable and (overwrite or not done) else None)
        if kept:
            self.remarks.append(f"{kept} rows have a {self._names[0]} and keep it (--overwrite)")

    def write(self, path: Path, answers: Sequence[Answer]) -> None:
        """Write the rows, each with its translation and note, whole or not at all."""
        added = [
            name for name, place in zip(self._names, self._places, strict=True) if place is None
        ]
        rows = [[*self._rows[0], *added]]
        for row, text, answer in zip(self._rows[1:], self.texts, answers, strict=True):
            rows.append(self._answered(row, answer if text is not None else None))
        with partial(path).open("w", encoding="utf-8", newline="") as stream:
            stream.write(BOM if self._bom else "")
            writer = csv.writer(stream, delimiter=self._delimiter, lineterminator=self._line_end)
            writer.writerows(rows)
        partial(path).replace(path)

    def _answered(self, row: list[str], answer: Answer | None) -> list[str]:
        if len(row) != len(self._rows[0]):
            return row
        found = list(row)
        values = (answer.text, answer.note) if answer is not None else (None, None)
        for place, value in zip(self._places, values, strict=True):
            if place is None:
                found.append(value or "")
            elif value is not None:
                found[place] = value
        return found


def read_text(path: Path) -> str:
    """A file's text with its line ends as they are.

    Raises:
        CommandError: it is missing, or not UTF-8.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return stream.read()
    except FileNotFoundError as error:
        raise CommandError(f"{path} is not there.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8: {error}. Save it as UTF-8.") from error


def delimiter(text: str, path: Path) -> str:
    """What parts the cells of the header."""
    if path.suffix in (".tsv", ".tab"):
        return "\t"
    header = text.split("\n", 1)[0]
    return max(DELIMITERS, key=header.count)


def parse(text: str, sign: str, path: Path) -> list[list[str]]:
    """The rows of a CSV text, without empty lines.

    Raises:
        CommandError: a quote is never closed, or the like.
    """
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
        return [row for row in rows if row]
    except csv.Error as error:
        raise CommandError(f"{path} is not UTF-8 CSV: {error}") from error


def _column(header: list[str], column: str, path: Path) -> int:
    if column not in header:
        raise CommandError(f"No column {column!r}; there are: {', '.join(header)}")
    if header.count(column) > 1:
        places = [number for number, name in enumerate(header, 1) if name == column]
        raise CommandError(
            f"{path} has the column {column!r} more than once, as numbers {named(places)}: give "
            "the one to translate another name."
        )
    return header.index(column)
