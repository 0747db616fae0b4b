"""A catalogue on disk, ranked in blocks: the best are those of all items."""

import numpy as np
import pytest

from benchmarks.mapped_catalogue import (
    ROWS_FILE,
    MappedCatalogue,
    best_of,
    blocks_of,
    write_mapped,
)

ITEMS, BLOCK = 1_000, 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mapped")
    write_mapped(ITEMS, 20, folder, BLOCK)
    return folder


def test_blocks_hold_every_item_once():
    assert blocks_of(1_000, 300) == [(0, 300), (300, 600), (600, 900), (900, 1_000)]
    assert blocks_of(300, 300) == [(0, 300)]


def test_the_best_of_the_best_are_the_best():
    found = [
        (np.array([[5.0, 1.0]]), np.array([[7, 3]])),
        (np.array([[5.0, 4.0]]), np.array([[11, 12]])),
    ]
    scores, rows = best_of(found, 3)
    assert scores.tolist() == [[5.0, 5.0, 4.0]]
    assert rows.tolist() == [[7, 11, 12]]


def test_blocks_rank_as_one_whole_table_does(folder, tmp_path):
    write_mapped(ITEMS, 20, tmp_path, ITEMS)
    (tmp_path / ROWS_FILE).write_bytes((folder / ROWS_FILE).read_bytes())
    histories = [[3, 400, 950, 7], [999, 0, 1, 2]]
    scores, rows = MappedCatalogue(folder, BLOCK).recommend(histories, 25)
    whole_scores, whole_rows = MappedCatalogue(tmp_path, ITEMS).recommend(histories, 25)
    assert rows.tolist() == whole_rows.tolist()
    assert np.array_equal(scores, whole_scores)
    assert (np.diff(scores, axis=1) <= 0).all()
    for history, found in zip(histories, rows, strict=True):
        assert not set(history) & set(found.tolist())
