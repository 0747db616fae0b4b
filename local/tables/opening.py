"""A file's rows by the end of its name."""

from pathlib import Path

from local.command import CommandError
from local.tables.base import Table
from local.tables.delimited import SUFFIXES, Delimited
from local.tables.json_lines import JsonLines


def open_table(path: Path, column: str, target: str, *, overwrite: bool) -> Table:
    """The rows of a file.

    Raises:
        CommandError: it is of no kind that is read here, or cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return Delimited(path, column, target, overwrite=overwrite)
    if suffix == ".jsonl":
        return JsonLines(path, column, target, overwrite=overwrite)
    if suffix == ".xlsx":
        from local.tables.workbook import Workbook  # noqa: PLC0415 - openpyxl, for these alone

        return Workbook(path, column, target, overwrite=overwrite)
    if suffix in (".po", ".pot"):
        from local.tables.gettext import Gettext  # noqa: PLC0415 - polib, the same

        return Gettext(path, target, overwrite=overwrite)
    raise CommandError(
        f"{path}: the name must end in .csv or .jsonl, or in .tsv, .tab, .xlsx, .po or .pot."
    )
