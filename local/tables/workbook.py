"""Excel workbooks: the first sheet's column; other sheets and all formats stay."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl

from local.command import CommandError
from local.tables.base import Answer, Table, partial


class Workbook(Table):
    """An ``.xlsx`` file whose first sheet has a header.

    Args:
        path: of the file.
        column: name of the one to translate.
        target: code of the language to write, which names the new columns.
        overwrite: whether translations that are there already are made anew.

    Raises:
        CommandError: it cannot be read, or has not that column.
    """

    def __init__(self, path: Path, column: str, target: str, *, overwrite: bool) -> None:
        super().__init__()
        try:
            self._book = openpyxl.load_workbook(path)
        except FileNotFoundError as error:
            raise CommandError(f"{path} is not there.") from error
        except (
            OSError,
            KeyError,
            ValueError,
            openpyxl.utils.exceptions.InvalidFileException,
        ) as error:
            raise CommandError(f"{path} is no workbook that can be read: {error}") from error
        self._sheet = self._book.worksheets[0]
        header = [cell.value for cell in self._sheet[1]]
        if column not in header:
            names = ", ".join(str(name) for name in header if name is not None)
            raise CommandError(f"No column {column!r}; there are: {names}")
        at = header.index(column) + 1
        self._places = [
            self._place(header, name) for name in (f"{column}_{target}", f"{column}_{target}_note")
        ]
        for number in range(2, self._sheet.max_row + 1):
            value = self._sheet.cell(number, at).value
            done = self._sheet.cell(number, self._places[0]).value
            self.texts.append(self._text(value) if overwrite or done in (None, "") else None)
        if not self.texts:
            raise CommandError(f"{path} has no rows.")

    def _place(self, header: list[Any], name: str) -> int:
        """The number of a column, which is made where it is not there."""
        if name not in header:
            header.append(name)
            self._sheet.cell(1, len(header), name)
        return header.index(name) + 1

    @staticmethod
    def _text(value: Any) -> str | None:
        """A cell's text; None for numbers, dates and formulas, which are left alone."""
        if value is None:
            return ""
        return value if isinstance(value, str) and not value.startswith("=") else None

    def write(self, path: Path, answers: Sequence[Answer]) -> None:
        """Write the workbook with its translations and notes, whole or not at all."""
        for number, (text, answer) in enumerate(zip(self.texts, answers, strict=True), 2):
            if text is not None:
                for place, value in zip(self._places, (answer.text, answer.note), strict=True):
                    cell = self._sheet.cell(number, place, value or None)
                    if value.startswith("="):
                        cell.data_type = "s"  # a text, which Excel shall not compute
        self._book.save(partial(path))
        partial(path).replace(path)
