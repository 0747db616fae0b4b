"""Item vectors to start a training from: which items are had together, factorised.

Shifted positive pointwise mutual information of items that lie near each other in histories, and
its truncated singular value decomposition (Levy and Goldberg 2014, "Neural Word Embedding as
Implicit Matrix Factorization"). Rare items start where their neighbours are, not at random.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.linalg import svds

from training.recommendation.interactions import History

WINDOW = 10  # events after each that count as near
SMOOTHING = 0.75  # of how often items are had, as in word2vec


def _near(histories: Sequence[History], items: int) -> csr_matrix:
    """How often two items are near each other, (N, N), symmetric; the nearer, the more."""
    firsts, seconds, weights = [], [], []
    for history in histories:
        for gap in range(1, min(WINDOW, len(history) - 1) + 1):
            firsts.append(history.items[:-gap])
            seconds.append(history.items[gap:])
            weights.append(np.full(len(history) - gap, 1 / gap))
    rows, columns, values = (np.concatenate(part) for part in (firsts, seconds, weights))
    counts = coo_matrix((values, (rows, columns)), shape=(items, items)).tocsr()
    return csr_matrix(counts + counts.T)


def initial_vectors(
    histories: Sequence[History], items: int, hidden: int, seed: int
) -> NDArray[np.float32]:
    """Vectors of all items, (N, H), of length 1 on the mean; random where nothing is known."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(scale=hidden**-0.5, size=(items, hidden))
    if items <= hidden + 1:
        return vectors.astype(np.float32)
    counts = _near([history for history in histories if len(history) > 1], items)
    totals = np.asarray(counts.sum(axis=1)).ravel()
    shares = np.maximum(totals, 1e-9) ** SMOOTHING
    shares /= shares.sum()
    table = counts.tocoo()
    information = np.log(table.data / np.maximum(totals[table.row], 1e-9) / shares[table.col])
    positive = coo_matrix(
        (np.maximum(information, 0), (table.row, table.col)), shape=counts.shape
    ).tocsr()
    left, sizes, _ = svds(positive.astype(np.float64), k=hidden, random_state=seed)
    found = left * np.sqrt(sizes)  # (N, H)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    known = lengths[:, 0] > 0
    # Alike in length: what a rare item lacks is certainty, which the bias learns.
    vectors[known] = found[known] / lengths[known]
    return vectors.astype(np.float32)
