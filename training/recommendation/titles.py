"""Vectors for items that nobody has had yet, from the words of their titles.

Ridge regression from a title's words (TF-IDF, single words and pairs) to the trained vectors and
biases: an item is placed near those that are named like it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge

ALPHA = 0.3


def _features(titles: Sequence[str], known: NDArray[np.bool_]) -> csr_matrix:
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    named = [title for title, is_known in zip(titles, known, strict=True) if is_known]
    if not any(map(words.build_analyzer(), named)):
        return csr_matrix((len(titles), 1))  # no word at all: every cold item gets the mean
    words.fit(named)
    return csr_matrix(hstack([words.transform(titles)]))


def fill_cold(
    titles: Sequence[str],
    vectors: NDArray[np.float32],
    biases: NDArray[np.float32],
    known: NDArray[np.bool_],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vectors and biases with those of cold items in place of what training left them at.

    Args:
        titles: of the N items.
        vectors: (N, H), trained for the known ones.
        biases: (N,), the same.
        known: (N,), whether an item was in the training data.
    """
    cold = ~known
    if not cold.any() or not known.any():
        return vectors, biases
    features = _features(titles, known)
    wanted = np.concatenate([vectors, biases[:, None]], axis=1)  # (N, H + 1)
    ridge = Ridge(alpha=ALPHA).fit(features[known], wanted[known])
    guessed = ridge.predict(features[cold]).astype(np.float32)
    vectors, biases = vectors.copy(), biases.copy()
    vectors[cold], biases[cold] = guessed[:, :-1], guessed[:, -1]
    return vectors, biases
