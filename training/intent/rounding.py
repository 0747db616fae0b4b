"""Weights rounded to the inputs that they will see.

Rounded one by one, the weights of a product err independently. GPTQ (Frantar et al., 2022,
arXiv:2210.17323) rounds a matrix row by row, and works the error of each row into those that are
still to be rounded, as far as their inputs go together. The mean square error of the product's
results falls; the scales, the bits and the graph stay as they are.
"""

import numpy as np
from numpy.typing import NDArray

from training.graph_builder import WEIGHT_MAX, Array, column_scales

DAMPING = 0.01  # of the mean square of an input, added to each: few texts say little of rare ones
SHARES = np.linspace(1.0, 0.6, 9)  # of the scale at which a column's largest weight fits
BLOCK = 128  # rows whose errors reach the rest at once


def round_columns(weight: Array, moments: Array) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Signed 7-bit weights with a scale for each column.

    Args:
        weight: (K, M).
        moments: mean of x x^T over the inputs x of the product, (K, K).

    Returns:
        Weights (K, M) and scales (M,).
    """
    scale = _best_scales(weight, np.diag(moments))
    order = np.argsort(-np.diag(moments))  # the largest inputs first: most can make up for them
    factor = _factor(moments[np.ix_(order, order)])
    left = weight[order].astype(np.float64)  # what is still to be rounded
    rounded = np.empty(weight.shape, np.int8)
    for first in range(0, len(left), BLOCK):
        last = min(first + BLOCK, len(left))
        errors = np.empty((last - first, left.shape[1]))
        for row in range(first, last):
            whole = np.clip(np.round(left[row] / scale), -WEIGHT_MAX, WEIGHT_MAX)
            rounded[order[row]] = whole
            errors[row - first] = (left[row] - whole * scale) / factor[row, row]
            left[row + 1 : last] -= factor[row, row + 1 : last, None] * errors[row - first]
        left[last:] -= factor[first:last, last:].T @ errors
    return rounded, scale


def _best_scales(weight: Array, energy: Array) -> NDArray[np.float32]:
    """The scale of each column (M,) that rounds it with the least error in its products.

    The largest weight of a column need not fit: cutting it off makes every other step finer.
    """
    full = column_scales(weight)
    best, least = full, np.full(len(full), np.inf)
    for share in SHARES:
        scale = full * np.float32(share)
        whole = np.clip(np.round(weight / scale), -WEIGHT_MAX, WEIGHT_MAX)
        error = ((weight - whole * scale) ** 2 * energy[:, None]).sum(axis=0)  # (M,)
        best, least = np.where(error < least, scale, best), np.minimum(error, least)
    return best.astype(np.float32)


def _factor(moments: Array) -> NDArray[np.float64]:
    """Upper triangle U with U^T U the inverse of the damped moments, (K, K)."""
    moments = moments.astype(np.float64)
    damping = max(DAMPING * float(np.diag(moments).mean()), 1e-12)
    inverse = np.linalg.inv(moments + damping * np.eye(len(moments)))
    factor: NDArray[np.float64] = np.linalg.cholesky((inverse + inverse.T) / 2).T
    return factor
