"""A random catalogue of millions whose int8 table stays on disk, and exact ranking over it.

The table is memory-mapped: the encoder reads the rows of a history in it, and each block of items
has a ranker of its own, as the served one, which keeps a packed copy. The best of all blocks are
the best of all items, exactly.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.recommendation.model import ENCODER_FILE, RANKER_FILE, TABLES_FILE, age_buckets
from shared.models.sessions import open_session, run

BLOCK = 1_000_000  # items of a ranker
STAND_IN_ITEMS = 1_000  # of the model that gives the encoder its weights
ROWS_FILE = "rows.int8"  # (N + 1, H)

Array = NDArray[Any]


def blocks_of(items: int, size: int = BLOCK) -> list[tuple[int, int]]:
    """First item of each block, and the one behind its last."""
    return [(start, min(start + size, items)) for start in range(0, items, size)]


def best_of(found: Sequence[tuple[Array, Array]], k: int) -> tuple[Array, Array]:
    """The best k of the best of each block.

    Args:
        found: scores (B, k') and rows (B, k') of blocks, in the order of their items.
        k: how many.

    Returns:
        Scores (B, k), best first, and rows (B, k); of equal scores the first item.
    """
    scores, rows = (np.concatenate(parts, axis=1) for parts in zip(*found, strict=True))
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)


def write_mapped(items: int, length: int, folder: Path, block: int = BLOCK) -> None:
    """Graphs and a random table, block by block; needs the training environment."""
    import torch

    from training.recommendation.config import ModelConfig
    from training.recommendation.export import write_encoder, write_ranker
    from training.recommendation.model import SequenceModel

    torch.manual_seed(0)
    model = SequenceModel(ModelConfig(items=STAND_IN_ITEMS, length=length)).eval()
    hidden = model.config.hidden
    rows = np.memmap(folder / ROWS_FILE, np.int8, "w+", shape=(items + 1, hidden))
    random = np.random.default_rng(0)
    for start, end in blocks_of(items, block):
        rows[start:end] = random.integers(-127, 128, (end - start, hidden), dtype=np.int8)
    rows[items] = 0
    rows.flush()
    scales = np.full(items + 1, 1 / 127, np.float32)
    biases = np.zeros(items, np.float32)
    np.savez(folder / TABLES_FILE, scales=scales, biases=biases, hidden=hidden)
    write_encoder(model, {"items": rows.T, "scales": scales}, folder / ENCODER_FILE)
    for count in {end - start for start, end in blocks_of(items, block)}:
        write_ranker({"items": rows[:count].T}, folder / f"{count}.{RANKER_FILE}")


class MappedCatalogue:
    """What ranks all items of a folder that `write_mapped` wrote.

    Args:
        folder: its graphs and tables.
        block: items of a ranker, as it was written.
    """

    def __init__(self, folder: Path, block: int = BLOCK) -> None:
        with np.load(folder / TABLES_FILE) as stored:
            self._scales, self._biases = stored["scales"], stored["biases"]  # (N + 1,), (N,)
            self._hidden = int(stored["hidden"])
        self._rows = folder / ROWS_FILE
        # The encoder reads in the table as long as it lives, and touches few of its pages.
        shape = len(self._scales), self._hidden
        self._table = np.memmap(self._rows, np.int8, "r", shape=shape)
        shared = {"item_rows": self._table, "row_scales": self._scales[:, None]}
        self._encoder = open_session(folder / ENCODER_FILE, 1, shared)
        self._blocks = blocks_of(len(self._biases), block)
        self._rankers = [
            open_session(
                folder / f"{end - start}.{RANKER_FILE}",
                1,
                {"items": self._columns(start, end)},
            )
            for start, end in self._blocks
        ]

    def _columns(self, start: int, end: int) -> Array:
        """Items as a ranker takes them, (H, end - start) int8; read past the mapping."""
        count, offset = (end - start) * self._hidden, start * self._hidden
        block = np.fromfile(self._rows, np.int8, count, offset=offset)
        return np.ascontiguousarray(block.reshape(-1, self._hidden).T)

    def recommend(self, histories: Sequence[list[int]], k: int) -> tuple[Array, Array]:
        """The best items that a history does not have.

        Args:
            histories: B of rows, oldest first, all of one length.
            k: how many.

        Returns:
            Scores (B, k) float32, best first, and rows (B, k) int64.
        """
        items = np.array(histories, np.int64)  # (B, T)
        ages_s = np.broadcast_to(np.arange(items.shape[1], 0, -1.0), items.shape)
        feeds: dict[str, Array] = {
            "item_ids": items,
            "ages": age_buckets(ages_s),
            "log_weights": np.zeros(items.shape, np.float32),
            "event_ids": np.full_like(items, 2),
        }
        (states,) = run(self._encoder, ["states"], feeds)  # (B, H)
        found = []
        for (start, end), ranker in zip(self._blocks, self._rankers, strict=True):
            inside = (items >= start) & (items < end)  # (B, T)
            feeds = {
                "states": states,
                "scales": self._scales[start:end],
                "offsets": self._biases[None, start:end],
                "item_ids": np.where(inside, items - start, 0),
                "added": np.where(inside, np.float32(-np.inf), np.float32(0)),
                "k": np.array([min(k, end - start)], np.int64),
            }
            scores, rows = run(ranker, ["top_scores", "top_rows"], feeds)
            found.append((scores, rows + start))
        return best_of(found, k)
