"""Vectors for items from their texts: for those that nobody has had yet, and for rare ones.

Ridge regression from a text to the trained vectors and biases: an item is placed near those that
are named like it. A text is its words and pairs of words, its pieces of words (each TF-IDF), and
what an encoder makes of it. What the regression says is aligned by shoppers' baskets. What is known
of an item by few events is trusted less: in the regression, which it enters with more noise, and in
its own vector, into which its text is mixed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from training.recommendation.aligning import Baskets, fit_map
from training.recommendation.interactions import Item
from training.recommendation.texts import encode, text_of

Array = NDArray[np.float32]

ALPHA = 0.3  # noise of an item with many events
RARE_NOISE = 20.0  # events at which it is twice as much
PIECE_WEIGHT = 1.0  # of pieces of words, beside words
MEANING_WEIGHT = 0.5  # of the encoder's vector, beside words
MOST_FITTED = 4_000  # items that the regression is made of: those with most events
FEW_EVENTS = 10  # an item with fewer is not among them, if enough others are


@dataclass(frozen=True)
class Texts:
    """What is known of N items in words.

    Attributes:
        lines: title and description of each.
        meanings: (N, E) float32 from an encoder, of length 1; E is 0 for words alone.
    """

    lines: Sequence[str]
    meanings: Array

    @classmethod
    def of(cls, items: Sequence[Item], base: str) -> "Texts":
        """Those of a catalogue, through an encoder; see `encode`."""
        lines = [text_of(item) for item in items]
        return cls(lines, encode(lines, base))

    def features(self) -> csr_matrix:
        """(N, D) float32: words, pieces of words, meanings."""
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, dtype=np.float32)
        pieces = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2, dtype=np.float32
        )
        parts = [csr_matrix(self.meanings * MEANING_WEIGHT)]
        for weight, vectorizer in ((1.0, words), (PIECE_WEIGHT, pieces)):
            if any(map(words.build_analyzer(), self.lines)):
                parts += _fitted(vectorizer, self.lines, weight)
        return csr_matrix(hstack(parts)) if parts else csr_matrix((len(self.lines), 1))


def _fitted(vectorizer: TfidfVectorizer, lines: Sequence[str], weight: float) -> list[csr_matrix]:
    """The features of one kind, none where no two lines share any."""
    try:
        return [csr_matrix(vectorizer.fit_transform(lines) * weight)]
    except ValueError:  # that is how it says that nothing is frequent enough
        return []


def words_alone(titles: Sequence[str]) -> Texts:
    """Titles without an encoder."""
    return Texts(titles, np.zeros((len(titles), 0), np.float32))


def fitted_on(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of the items that the regression is made of.

    Args:
        counts: (N,), events of each item in the training data.
    """
    order = np.argsort(-counts, kind="stable")[:MOST_FITTED]
    often = int((counts[order] >= FEW_EVENTS).sum())
    enough = often >= (counts > 0).sum() / 2
    return np.sort(order[: often if enough else int((counts[order] > 0).sum())])


def from_texts(
    texts: Texts,
    targets: Array,
    counts: NDArray[np.int64],
    wanted: NDArray[np.int64],
    baskets: Baskets | None = None,
) -> Array:
    """What the regression says of some items.

    Args:
        texts: of the N items.
        targets: (N, H + 1), vectors and biases, right for the items with events.
        counts: (N,), events of each.
        wanted: (M,) rows.
        baskets: of shoppers, by which the vectors are aligned; see `fit_map`.

    Returns:
        (M, H + 1) float32.
    """
    rows = fitted_on(counts)
    features = texts.features()
    alike = (features[rows] @ features[rows].T).toarray().astype(np.float64)
    alike[np.diag_indices(len(rows))] += ALPHA * (1 + RARE_NOISE / counts[rows])
    mean = targets[rows].mean(axis=0)
    factor, goals = cho_factor(alike, overwrite_a=True), targets[rows] - mean
    shares = cho_solve(factor, goals)
    found: Array = ((features[wanted] @ features[rows].T) @ shares).astype(np.float32)
    if baskets is not None:
        precisions = np.diag(cho_solve(factor, np.eye(len(rows))))[:, None]
        placed = (goals - shares / precisions).astype(np.float32)  # each without its own
        found[:, :-1] = found[:, :-1] @ fit_map(
            placed[:, :-1], goals[:, :-1], baskets.states, baskets.shares(rows, len(counts))
        )
    return (found + mean).astype(np.float32)


@dataclass(frozen=True)
class Placed:
    """What texts say of the items that were not taken for the regression.

    Attributes:
        rows: (M,) of these items.
        said: (M, H + 1) float32, vectors and biases.
        counts: (N,), events of each item in the training data.
    """

    rows: NDArray[np.int64]
    said: Array
    counts: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        texts: Texts,
        vectors: Array,
        biases: Array,
        counts: NDArray[np.int64],
        baskets: Baskets | None = None,
    ) -> "Placed":
        """What the texts of N items say; see `from_texts` and `mixed`."""
        rare = np.ones(len(counts), bool)
        rare[fitted_on(counts)] = False
        rows = np.flatnonzero(rare)
        trained = np.concatenate([vectors, biases[:, None]], axis=1)  # (N, H + 1)
        if not len(rows) or not counts.any():
            return cls(rows[:0], trained[:0], counts)
        return cls(rows, from_texts(texts, trained, counts, rows, baskets), counts)

    def mixed(self, vectors: Array, biases: Array, trust: float = 0.0) -> tuple[Array, Array]:
        """Vectors and biases of all items, with what texts say in those that have few events.

        An item of n events keeps n / (n + trust) of what was trained; one without any is placed by
        its text alone. Items that the regression was made of are left as they are.

        Args:
            vectors: (N, H), trained where there are events.
            biases: (N,), the same.
            trust: events that an item's text counts as much as.
        """
        rows, events = self.rows, self.counts[self.rows]
        if not len(rows):
            return vectors, biases
        share = np.where(events > 0, events / np.maximum(events + trust, 1), 0.0)
        kept = share.astype(np.float32)[:, None]
        trained = np.concatenate([vectors[rows], biases[rows, None]], axis=1)
        mixed = np.where(kept == 1, trained, kept * trained + (1 - kept) * self.said)
        vectors, biases = vectors.copy(), biases.copy()
        vectors[rows], biases[rows] = mixed[:, :-1], mixed[:, -1]
        return vectors, biases


def place_items(
    texts: Texts,
    vectors: Array,
    biases: Array,
    counts: NDArray[np.int64],
    trust: float = 0.0,
    baskets: Baskets | None = None,
) -> tuple[Array, Array]:
    """Vectors and biases of all items, rare and new ones by their texts too; see `Placed`.

    Args:
        texts: of the N items.
        vectors: (N, H), trained where there are events.
        biases: (N,), the same.
        counts: (N,), events of each item in the training data.
        trust: events that an item's text counts as much as.
        baskets: of shoppers, by which what texts say is aligned.
    """
    placed = Placed.of(texts, vectors, biases, counts, baskets)
    return placed.mixed(vectors, biases, trust)
