"""Ranking figures over the whole catalogue, and what simple counts reach on the same cases."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from training.recommendation.interactions import Case, History

CUTOFFS = (5, 10, 20)
CHUNK = 256
# Scores of some cases, (B, N) float32; a new array each time.
Scorer = Callable[[Sequence[Case]], NDArray[np.float32]]


def _top(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """The best ``k`` columns of each row, best first; all where there are fewer."""
    k = min(k, scores.shape[1])
    found = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, found, 1), axis=1, kind="stable")
    return np.take_along_axis(found, order, 1)


def rankings(
    scorer: Scorer, cases: Sequence[Case], *, exclude_seen: bool, k: int = max(CUTOFFS)
) -> NDArray[np.int64]:
    """The best items of every case, (N, k)."""
    parts: list[NDArray[np.int64]] = []
    for start in range(0, len(cases), CHUNK):
        chunk = cases[start : start + CHUNK]
        scores = scorer(chunk)
        if exclude_seen:
            for row, case in enumerate(chunk):
                scores[row, case.history.items] = -np.inf
        parts.append(_top(scores, k))
    return np.concatenate(parts)


def ranking_metrics(ranked: NDArray[np.int64], cases: Sequence[Case]) -> dict[str, float]:
    """Hit rate, recall and NDCG at `CUTOFFS`, each the mean over the cases.

    With one item held out, hit rate and recall are the same.
    """
    discounts = 1 / np.log2(np.arange(2, max(CUTOFFS) + 2))
    values: dict[str, list[float]] = {}
    for row, case in zip(ranked, cases, strict=True):
        hits = np.isin(row, case.basket)
        gains = discounts[: len(hits)] * hits
        for k in CUTOFFS:
            ideal = float(discounts[: min(k, len(case.basket))].sum())
            values.setdefault(f"hr@{k}", []).append(float(hits[:k].any()))
            values.setdefault(f"recall@{k}", []).append(float(hits[:k].sum()) / len(case.basket))
            values.setdefault(f"ndcg@{k}", []).append(float(gains[:k].sum()) / ideal)
    return {name: float(np.mean(found)) for name, found in values.items()}


def popularity(train: Sequence[History], items: int) -> Scorer:
    """Every case the same: how many users' events each item has."""
    counts = np.bincount(np.concatenate([h.items for h in train]), minlength=items)

    def score(cases: Sequence[Case]) -> NDArray[np.float32]:
        return np.repeat(counts[None].astype(np.float32), len(cases), axis=0)

    return score


def _transition_pairs(history: History) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    starts = [*history.basket_starts().tolist(), len(history)]
    for before, here, after in zip(starts, starts[1:], starts[2:], strict=False):
        first, second = history.items[before:here], history.items[here:after]
        yield np.repeat(first, len(second)), np.tile(second, len(first))


def transitions(train: Sequence[History], items: int) -> Scorer:
    """Item-transition counts: how often items of one basket were followed by an item of the next.

    A case is scored by the sum over its last basket; popularity decides between equals.
    """
    none = np.zeros(0, np.int64)
    pairs = [(none, none), *(pair for history in train for pair in _transition_pairs(history))]
    rows, columns = (np.concatenate(side) for side in zip(*pairs, strict=True))
    order = np.argsort(rows, kind="stable")
    followers = columns[order]
    starts = np.searchsorted(rows[order], np.arange(items + 1))
    popular = popularity(train, items)
    share = 1e-6

    def score(cases: Sequence[Case]) -> NDArray[np.float32]:
        scores = popular(cases) * share
        for row, case in enumerate(cases):
            last = case.history.items[case.history.basket_starts()[-1] :]
            after = [followers[starts[item] : starts[item + 1]] for item in last]
            scores[row] += np.bincount(np.concatenate(after), minlength=items)
        return scores

    return score


def own_frequency(train: Sequence[History], items: int) -> Scorer:
    """What the user had most often before; popularity decides between equals."""
    popular = popularity(train, items)
    share = 1e-6

    def score(cases: Sequence[Case]) -> NDArray[np.float32]:
        scores = popular(cases) * share
        for row, case in enumerate(cases):
            scores[row] += np.bincount(case.history.items, minlength=items)
        return scores

    return score


def rank_metrics_of(
    scores: NDArray[np.float32], wanted: Sequence[NDArray[np.int64]]
) -> dict[str, float]:
    """NDCG@10 and recall@10 of scores over some items, where ``wanted`` are columns."""
    discounts = 1 / np.log2(np.arange(2, 12))
    recalls, gains = [], []
    for row, columns in zip(
        np.argsort(-scores, axis=1, kind="stable")[:, :10], wanted, strict=True
    ):
        hits = np.isin(row, columns)
        recalls.append(float(hits.sum()) / len(columns))
        gains.append(float(discounts[: len(row)][hits].sum() / discounts[: len(columns)].sum()))
    return {
        "recall@10": round(float(np.mean(recalls)), 4),
        "ndcg@10": round(float(np.mean(gains)), 4),
    }
