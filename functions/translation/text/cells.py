"""A line cut into what stands side by side in it: cells of a table, crumbs of a path, facts."""

import re
from collections.abc import Iterator

from functions.translation.text.patterns import MARKS

# These never stand inside of a sentence.
_ALWAYS = re.compile(r"( *(?:\t|\||→|•|·|»|›|⟶|⇒|➜|➔|▸|►)+[\t| ]*| +> +)")
# These may: they part a line only where what is between them is as short as a label.
_SHORT = re.compile(r"( +[–—/] +| +- +)")
_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE_END = re.compile(rf"[.!?…][\"')\]{MARKS}]*\s*$")
MOST_WORDS = 5  # of a label


def cells(line: str) -> Iterator[str]:
    """Cells and separators; together they are the line."""
    for place, part in enumerate(_ALWAYS.split(line)):
        if place % 2 or not _may_be_labels(part):
            yield part
        else:
            yield from _SHORT.split(part)


def _may_be_labels(part: str) -> bool:
    """Whether dashes and slashes in a cell part labels, not clauses of a sentence."""
    if _SENTENCE_END.search(part):
        return False
    pieces = _SHORT.split(part)[::2]
    return len(pieces) > 1 and all(len(piece.split()) <= MOST_WORDS for piece in pieces)
