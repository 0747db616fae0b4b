"""What the evaluations of the three services share: their options, their page, what they print."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shared.errors import ServiceError
from training.command import exit_code
from training.errors import DataError
from training.published import Published
from training.reports import page

EVALUATE = "evaluate"


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation found.

    Attributes:
        figures: for a program to read; they can be written as JSON.
        report: the page for people, or None where none was wanted.
    """

    figures: dict[str, Any]
    report: Path | None


def names_of(paths: Sequence[Path]) -> dict[Path, str]:
    """What files are called in figures: their names, or the whole path where two have one name."""
    counts = Counter(path.name for path in paths)
    return {path: path.name if counts[path.name] == 1 else str(path) for path in paths}


def add_report_options(parser: argparse.ArgumentParser, default: str) -> None:
    """Where the page goes, or that there is none."""
    wanted = parser.add_mutually_exclusive_group()
    wanted.add_argument("--report", type=Path, metavar="HTML", help=f"page (default: {default})")
    wanted.add_argument("--no-report", action="store_true", help="draw no page")


def add_evaluation_options(parser: argparse.ArgumentParser, model: Path) -> None:
    """What every evaluation takes beside its data."""
    parser.add_argument(
        "--model", type=Path, default=model, help="served folder (default: %(default)s)"
    )
    add_report_options(parser, f"{page.FOLDER}/NAME.html")
    parser.add_argument(
        "--json", action="store_true", help="print all figures as JSON, and nothing else"
    )


def evaluated(
    folder: Path,
    wanted: tuple[Path | None, bool],
    measure: Callable[[], tuple[dict[str, Any], Callable[[], page.Page]]],
) -> Evaluated:
    """Measure, and draw the page.

    Args:
        folder: that is evaluated; its name is the page's, where none is given.
        wanted: the page's file, and whether there should be none.
        measure: gives the figures, and what makes a page of them.

    Raises:
        DataError: the data or the folder cannot be used, or a package for the page is missing.
    """
    path, without = wanted
    if not without:
        page.check_installed()
    try:
        figures, make = measure()
    except ServiceError as error:
        raise DataError(str(error)) from error
    if without:
        return Evaluated(figures, None)
    default = page.FOLDER / f"{folder.resolve().name}.html"
    return Evaluated(figures, page.write(make(), path or default))


def run_evaluation(
    options: dict[str, Any],
    evaluate: Callable[..., Evaluated],
    show: Callable[[dict[str, Any]], None],
) -> int:
    """Evaluate by a command's options, and print what was found.

    Args:
        options: parsed; ``json`` says how to print.
        evaluate: takes the others as keywords.
        show: prints the figures for people.

    Returns:
        0, or 2 for unusable input.
    """
    as_json = options.pop("json")

    def run() -> None:
        found = evaluate(**options)
        if as_json:
            print(json.dumps(found.figures, ensure_ascii=False))
        else:
            show(found.figures)
        if found.report:
            print(f"report {found.report}", file=sys.stderr if as_json else sys.stdout)

    return exit_code(run)


def with_report(
    published: Published, path: Path | None, again: str, make: Callable[[], page.Page]
) -> Published:
    """A published model with its page, which is not worth failing for.

    Args:
        published: that is in its place already.
        path: of the page; None for one beside the card.
        again: the command that draws it later.
        make: measures, and makes the page.
    """
    try:
        page.check_installed()
        written = page.write(make(), path or page.beside(published.card))
    except Exception as error:  # noqa: BLE001 - the model is good whatever befalls its page
        print(
            f"warning: the model is published, but its report could not be drawn: {error!r}. "
            f"To draw it later: {again}",
            file=sys.stderr,
        )
        return published
    print(f"report {written}")
    return replace(published, report=written)
