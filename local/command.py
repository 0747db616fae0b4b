"""What the console commands that work through files have in common."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from shared.errors import ServiceError

UNUSABLE, INTERRUPTED = 2, 130


class CommandError(Exception):
    """A file or an option cannot be used; the message says what to change."""


def command_parser(prog: str, description: str | None) -> ArgumentParser:
    """A parser whose description keeps its lines."""
    return ArgumentParser(
        prog=prog, description=description, formatter_class=RawDescriptionHelpFormatter
    )


def add_json(parser: ArgumentParser) -> None:
    """Let the outcome be had as data; progress and remarks go to standard error in any case."""
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")


def print_json(outcome: Any) -> None:
    """Write the outcome of a command to standard output, as one JSON document."""
    print(json.dumps(outcome, ensure_ascii=False, indent=2))


def at_least_one(text: str) -> int:
    """An option that is a count.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} must be a whole number of at least 1")
    return int(text)


def seconds(text: str) -> float:
    """An option that is a time.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f"{text!r} must be a number of seconds above 0")
    return value


def progress_bar(console: Console) -> Progress:
    """How many are done of how many, and how long the rest will take."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console)


def exit_code(work: Callable[[], object], going_on: str) -> int:
    """Do the work of a command.

    Args:
        work: may raise CommandError or ServiceError.
        going_on: what to do after an interruption.

    Returns:
        0 when it is done, 2 where it cannot be, 130 when it was interrupted.
    """
    try:
        work()
    except (CommandError, ServiceError) as error:
        print(f"error: {error}", file=sys.stderr)
        if isinstance(error, ServiceError) and error.retryable:
            print(going_on, file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print(f"stopped; {going_on}", file=sys.stderr)
        return INTERRUPTED
    return 0
