"""What every kind of file has in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_NAMED = 10  # row numbers in a message


@dataclass(frozen=True)
class Answer:
    """What became of one row's text.

    Attributes:
        note: why it came back as it was, or what someone should look at.
    """

    text: str
    note: str = ""


class Table(ABC):
    """One file's rows.

    Attributes:
        texts: of each row; None where the row is left alone.
        remarks: what is odd about the file, for whoever runs the command.
    """

    def __init__(self) -> None:
        self.texts: list[str | None] = []
        self.remarks: list[str] = []

    @abstractmethod
    def write(self, path: Path, answers: Sequence[Answer]) -> None:
        """Write the file with an answer for each row, those of rows left alone being ignored."""


def named(numbers: Sequence[int]) -> str:
    """Row numbers for a message: the first few, and how many there are."""
    shown = ", ".join(map(str, numbers[:MOST_NAMED]))
    return shown if len(numbers) <= MOST_NAMED else f"{shown} and {len(numbers) - MOST_NAMED} more"


def partial(path: Path) -> Path:
    """Where a file is written before it gets its name."""
    return path.with_name(f"{path.stem}.partial{path.suffix}")
