"""``lex.*.s2t.bin``: for each piece of the source, the pieces that its translations are made of.

After browsermt's marian-dev `src/data/shortlist.h` (BinaryShortlistGenerator): a header of six u64
(magic, checksum, how many frequent pieces are always in, how many of each piece, and the sizes of
two arrays), then where each source piece's list begins (u64 each), then the lists (u32 each).
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.errors import DataError

MAGIC = 0xF11A48D5013417F5

_HEADER = struct.Struct("<6Q")


@dataclass(frozen=True)
class Lexicon:
    """Which pieces of the target a piece of the source can become.

    Attributes:
        frequent: this many of the target's pieces, the first by number, are always in.
        starts: (V + 1,) int64, where the list of each source piece begins in `pieces`.
        pieces: ids of the target.
    """

    frequent: int
    starts: NDArray[np.int64]
    pieces: NDArray[np.int64]


def read_lexicon(path: Path, vocabularies: tuple[int, int]) -> Lexicon:
    """Read a shortlist.

    Args:
        path: of the file.
        vocabularies: sizes, of the source and of the target.

    Raises:
        DataError: it is not there, not of this format, or of other vocabularies.
    """
    try:
        data = path.read_bytes()
        magic, _, frequent, _, offsets, entries = _HEADER.unpack_from(data, 0)
        starts = np.frombuffer(data, "<u8", offsets, _HEADER.size).astype(np.int64)
        pieces = np.frombuffer(data, "<u4", entries, _HEADER.size + 8 * offsets)
    except (OSError, struct.error, ValueError) as error:
        raise DataError(
            f"{path} is no binary shortlist (lex.*.s2t.bin), or is cut short: {error}"
        ) from error
    source, target = vocabularies
    fits = magic == MAGIC and len(starts) == source + 1 and starts[-1] == entries > 0
    if not fits or starts[0] or (np.diff(starts) < 0).any() or pieces.max() >= target:
        raise DataError(f"{path} is a shortlist of other vocabularies than the model's.")
    return Lexicon(int(frequent), starts, pieces.astype(np.int64))
