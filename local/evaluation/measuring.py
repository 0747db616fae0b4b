"""What the three evaluations share: their options, which model is asked, how figures are shown."""

import argparse
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.command import (
    CommandError,
    add_json,
    command_parser,
    exit_code,
    print_json,
    progress_bar,
)
from shared.models.folder import SPEC_FILE
from shared.settings import get_settings
from training.errors import DataError

Figures = dict[str, Any]  # by name; a list of rows becomes a table of its own
Row = TypeVar("Row")


def evaluation_parser(service: str, description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that all evaluations have."""
    parser = command_parser(f"retail evaluate {service}", description)
    parser.add_argument(
        "--model", type=Path, help="served folder (default: the model that is served here)"
    )
    add_json(parser)
    return parser


def serve_from(service: str, folder: Path | None) -> None:
    """Let a service answer with the model of a folder.

    Raises:
        CommandError: there is none.
    """
    if folder is None:
        return
    if not any(folder.glob(SPEC_FILE)) and not any(folder.glob(f"*/{SPEC_FILE}")):
        raise CommandError(
            f"--model {folder} has no {SPEC_FILE}: give a folder that training or importing wrote."
        )
    os.environ[f"{service.upper()}_MODEL_DIR"] = str(folder.resolve())
    get_settings.cache_clear()


def in_batches(rows: Sequence[Row], size: int, label: str) -> Iterator[Sequence[Row]]:
    """Rows in batches, with a progress bar."""
    with progress_bar(Console(stderr=True)) as bar:
        task = bar.add_task(label, total=len(rows))
        for start in range(0, len(rows), size):
            batch = rows[start : start + size]
            yield batch
            bar.advance(task, len(batch))


def share(part: float, whole: float) -> float | None:
    """A share to four places, or None of nothing."""
    return round(part / whole, 4) if whole else None


def evaluated(measure: Callable[[], Figures], *, as_json: bool) -> int:
    """Measure, and print the figures; 0, or 2 where the data or the model cannot be used."""

    def run() -> None:
        try:
            figures = measure()
        except DataError as error:
            raise CommandError(str(error)) from error
        print_json(figures) if as_json else show(figures, Console())

    return exit_code(run, "the same command can be given again")


def show(figures: Figures, console: Console) -> None:
    """Print figures as tables, one of the numbers and one of each list."""
    numbers = Table("figure", "value")
    lists: dict[str, Sequence[Mapping[str, Any]]] = {}
    for name, value in figures.items():
        if isinstance(value, list):
            lists[name] = value
        else:
            numbers.add_row(Text(name), Text("-" if value is None else str(value)))
    console.print(numbers)
    for name, rows in lists.items():
        if rows:
            table = Table(*rows[0], title=name, title_justify="left")
            for row in rows:
                table.add_row(*(Text("-" if one is None else str(one)) for one in row.values()))
            console.print(table)
