"""An order of channels in which no product of uint8 by int8 overflows on a processor without VNNI.

AVX2 adds the products of two neighbouring channels in 16 bits and cuts off what is larger: with
activations up to 255, a pair of weights of one sign that come to more than `MOST` may come out
wrong. Firefox's weights use all 8 bits, but few are large. The order of channels means nothing to
a model, so channels are paired such that no two large weights meet, and nothing is lost.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST = 32_767 // 255  # of two weights of one sign

_AT_ONCE = 4_096  # large weights

Matrix = NDArray[np.int8]
Change = NDArray[np.int32]


def costs(matrices: Sequence[Matrix]) -> NDArray[np.int32]:
    """(K, K) how much the sums of each two channels may be too large, over all their products.

    Args:
        matrices: (K, N) each, of the products that the channels enter.
    """
    channels = len(matrices[0])
    total = np.zeros((channels, channels), np.int32)
    for matrix in matrices:
        for sign in (1, -1):
            above = np.maximum(matrix.astype(np.int16) * sign, 0)  # (K, N)
            # Of a pair that is too large, one weight has more than half.
            rows, columns = np.nonzero(above * 2 > MOST)
            for start in range(0, len(rows), _AT_ONCE):
                row, column = rows[start : start + _AT_ONCE], columns[start : start + _AT_ONCE]
                large, others = above[row, column][:, None], above[:, column].T  # (E, 1), (E, K)
                # A pair of two large ones is counted once, for its greater or its first.
                counted = (others < large) | (
                    (others == large) & (row[:, None] < np.arange(channels))
                )
                over = np.where(counted, np.maximum(large + others - MOST, 0), 0)
                firsts = np.flatnonzero(np.diff(row, prepend=-1))  # rows come in their order
                total[row[firsts]] += np.add.reduceat(over, firsts, axis=0, dtype=np.int32)
    return total + total.T


def pair(cost: NDArray[np.int32]) -> NDArray[np.intp]:
    """An order (K,) of the channels in which neighbours cost little: none, where it is found.

    It costs no more than the order in which they came.
    """
    came = np.arange(len(cost)).reshape(-1, 2)
    found = _exchanged(_cheapest(cost), cost)
    if _total(found, cost) > _total(came, cost):  # exchanges can end where three would have to move
        found = _exchanged(came, cost)
    return found.reshape(-1)


def _total(pairs: NDArray[np.intp], cost: NDArray[np.int32]) -> int:
    return int(cost[pairs[:, 0], pairs[:, 1]].sum())


def _exchanged(pairs: NDArray[np.intp], cost: NDArray[np.int32]) -> NDArray[np.intp]:
    """Pairs after exchanges between two of them, each time the best, while one is better."""
    while True:
        a, b = pairs[:, 0], pairs[:, 1]
        now = cost[a, b][:, None] + cost[a, b]
        straight: Change = cost[np.ix_(a, a)] + cost[np.ix_(b, b)] - now
        crossed: Change = cost[np.ix_(a, b)] + cost[np.ix_(b, a)] - now
        for change in (straight, crossed):
            np.fill_diagonal(change, 0)
        if min(np.min(straight), np.min(crossed)) >= 0:
            return pairs
        if np.min(straight) <= np.min(crossed):
            one, other = divmod(int(np.argmin(straight)), len(pairs))
            pairs[[one, other]] = [[a[one], a[other]], [b[one], b[other]]]
        else:
            one, other = divmod(int(np.argmin(crossed)), len(pairs))
            pairs[[one, other]] = [[a[one], b[other]], [b[one], a[other]]]


def _cheapest(cost: NDArray[np.int32]) -> NDArray[np.intp]:
    """(K / 2, 2) pairs: each channel with the cheapest of those that are left.

    Those with the fewest cheap partners choose first.
    """
    free = np.ones(len(cost), dtype=bool)
    pairs = []
    for channel in np.argsort((cost == 0).sum(axis=1), kind="stable"):
        if free[channel]:
            free[channel] = False
            others = np.flatnonzero(free)
            other = others[np.argmin(cost[channel, others])]
            free[other] = False
            pairs.append((channel, other))
    return np.array(pairs)


def lowered(matrix: Matrix) -> tuple[Matrix, int]:
    """The matrix (K, N) with the greater weight of each pair that may overflow lowered until not.

    Returns:
        The matrix, and how many weights were lowered.
    """
    values = matrix.astype(np.int16)
    changed = 0
    for sign in (1, -1):
        above = np.maximum(values * sign, 0)  # (K, N)
        over = np.maximum(above[0::2] + above[1::2] - MOST, 0)  # (K / 2, N)
        greater = above[0::2] >= above[1::2]
        values[0::2] -= sign * np.where(greater, over, 0)
        values[1::2] -= sign * np.where(greater, 0, over)
        changed += int(np.count_nonzero(over))
    return values.astype(np.int8), changed
