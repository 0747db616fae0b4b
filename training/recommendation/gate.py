"""Whether an int8 model ranks as its fp32 one does."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.models.spec import Fidelity
from training.errors import GateError
from training.recommendation.evaluate import SHOWN_ITEMS
from training.recommendation.interactions import Case
from training.recommendation.measures import CHUNK, Scorer

LEAST_OVERLAP = 0.97  # of the ten best items of a case, int8 with fp32, on the mean
MOST_LOSS = 0.002  # of NDCG@10
ROUNDING = 1e-5  # of a cosine: less than that is no difference


def overlap(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Mean share of the ten best items that two rankings have in common."""
    pairs = zip(first[:, :SHOWN_ITEMS], second[:, :SHOWN_ITEMS], strict=True)
    return float(np.mean([np.isin(a, b).mean() for a, b in pairs]))


def equally_good(scorer: Scorer, cases: Sequence[Case], ranked: NDArray[np.int64]) -> float:
    """Mean share of the ten best that a scorer has among its own, or finds as good as the tenth.

    Where many items have one text, which of them are shown is a matter of chance.

    Args:
        scorer: of cosines, fp32.
        cases: whose histories' items are not shown.
        ranked: (cases, K) rows of the catalogue, ranked by another one.
    """
    shown = ranked[:, :SHOWN_ITEMS]
    good = 0
    for start in range(0, len(cases), CHUNK):
        chunk = cases[start : start + CHUNK]
        scores = scorer(chunk)
        for row, case in enumerate(chunk):
            scores[row, case.history.items] = -np.inf
        place = scores.shape[1] - shown.shape[1]
        last = np.partition(scores, place, axis=1)[:, place, None]
        picked = np.take_along_axis(scores, shown[start : start + CHUNK], 1)
        good += int((picked >= last - ROUNDING).sum())
    return good / shown.size


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
