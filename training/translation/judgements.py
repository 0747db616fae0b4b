"""Judgements of translations by someone who reads both languages."""

import csv
from pathlib import Path
from typing import NamedTuple

from training.errors import DataError

RIGHT = "right"
VERDICTS = (RIGHT, "partly", "wrong")  # of the meaning
SURE = 0.8  # of what is at least so sure nine of ten should be right


class Judgement(NamedTuple):
    """What someone says of one translation."""

    source: str
    target: str
    text: str
    translation: str
    verdict: str


JUDGED = Judgement._fields


def read_judgements(path: Path) -> list[Judgement]:
    """A TSV with the columns of `Judgement`.

    Raises:
        DataError: a column is missing, or a verdict is none of `VERDICTS`.
    """
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = []
    for number, row in enumerate(rows, 2):
        missing = [name for name in Judgement._fields if row.get(name) is None]
        if missing:
            raise DataError(f"{path}:{number} lacks the column {missing[0]}.")
        if row["verdict"] not in VERDICTS:
            raise DataError(
                f"{path}:{number}: verdict is {row['verdict']!r}; use {', '.join(VERDICTS)}."
            )
        found.append(Judgement(*(row[name] for name in Judgement._fields)))
    if not found:
        raise DataError(f"{path} holds no judgements.")
    return found
