"""Whether an int8 model ranks as its fp32 one does."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from shared.models.spec import Fidelity
from training.errors import GateError
from training.recommendation.evaluate import SHOWN_ITEMS

LEAST_OVERLAP = 0.97  # of the ten best items of a case, int8 with fp32, on the mean
MOST_LOSS = 0.002  # of NDCG@10


def overlap(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Mean share of the ten best items that two rankings have in common."""
    pairs = zip(first[:, :SHOWN_ITEMS], second[:, :SHOWN_ITEMS], strict=True)
    return float(np.mean([np.isin(a, b).mean() for a, b in pairs]))


def check_overlap(same: float) -> None:
    """Refuse an int8 model that ranks otherwise than its fp32 one.

    Raises:
        GateError: the ten best items differ too often.
    """
    if same < LEAST_OVERLAP:
        raise GateError(
            f"int8 shares {same:.1%} of the ten best items with fp32 (at least "
            f"{LEAST_OVERLAP:.0%}). Train longer, or with more weight decay."
        )


def check_gate(same: float, fp32: Mapping[str, float], int8: Mapping[str, float]) -> None:
    """Refuse an int8 model that is worse than its fp32 one.

    Raises:
        GateError: the ten best items differ too often, or NDCG@10 falls by too much.
    """
    check_overlap(same)
    loss = fp32["ndcg@10"] - int8["ndcg@10"]
    if loss > MOST_LOSS:
        raise GateError(f"int8 loses {loss:.4f} of NDCG@10 (at most {MOST_LOSS}).")


def fidelity(same: float, cases: int, dataset: str) -> Fidelity:
    """The overlap as spec.json states it."""
    return Fidelity(
        dataset=f"{dataset}, ten best items",
        compared=cases * SHOWN_ITEMS,
        differing=round((1 - same) * cases * SHOWN_ITEMS),
        allowed_fraction=round(1 - LEAST_OVERLAP, 4),
    )
