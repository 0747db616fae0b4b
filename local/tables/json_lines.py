"""JSON Lines: one object a line."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local.command import CommandError
from local.tables.base import Answer, Table, partial
from local.tables.delimited import BOM, read_text


class JsonLines(Table):
    """A ``.jsonl`` file.

    Args:
        path: of the file.
        column: name of the field to translate.
        target: code of the language to write, which names the new fields.
        overwrite: whether translations that are there already are made anew.

    Raises:
        CommandError: a line is no JSON object, or none has that field.
    """

    def __init__(self, path: Path, column: str, target: str, *, overwrite: bool) -> None:
        super().__init__()
        lines = read_text(path).removeprefix(BOM).splitlines()
        self._rows = [_object(line, path, n) for n, line in enumerate(lines, 1) if line.strip()]
        if not self._rows:
            raise CommandError(f"{path} has no rows.")
        if not any(column in row for row in self._rows):
            raise CommandError(f"No column {column!r}; there are: {', '.join(self._rows[0])}")
        self._name = f"{column}_{target}"
        self._odd: dict[int, str] = {}
        for number, row in enumerate(self._rows):
            value = row.get(column)
            if row.get(self._name) and not overwrite:
                self.texts.append(None)
            elif isinstance(value, (list, dict)):
                kind = "a list" if isinstance(value, list) else "an object"
                self._odd[number] = f"{column} is {kind}, which is not translated."
                self.texts.append(None)
            else:
                self.texts.append("" if value is None else str(value))
        if self._odd:
            self.remarks.append(f"{len(self._odd)} rows hold lists or objects and are left alone")

    def write(self, path: Path, answers: Sequence[Answer]) -> None:
        """Write the rows, each with its translation and note, whole or not at all."""
        with partial(path).open("w", encoding="utf-8") as stream:
            for number, answer in enumerate(answers):
                row = dict(self._rows[number])
                if self.texts[number] is not None:
                    row |= {self._name: answer.text, f"{self._name}_note": answer.note}
                elif number in self._odd:
                    row[f"{self._name}_note"] = self._odd[number]
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        partial(path).replace(path)


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise CommandError(f"{path}:{number} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise CommandError(f"{path}:{number} must be a JSON object, with a field for each column.")
    return value
