"""Whether a served model writes what its fp32 one does."""

from collections.abc import Sequence

from tqdm import tqdm

from functions.translation.decoding.model import MarianModel
from shared.models.spec import Fidelity, Metric
from training.errors import GateError
from training.translation.evaluate import BEAMS, TestSet
from training.translation.scores import fidelity, measure

ALLOWED_BLEU_LOSS = 0.3
ALLOWED_PIECES = 0.03  # of all pieces that int8 may choose otherwise than fp32
FEWEST_DIFFERING = 2  # pieces that never count as too many
FEW_PAIRS = 500  # below so many, BLEU itself is not known to 0.3


def measured(precision: str, model: MarianModel, sets: Sequence[TestSet]) -> list[Metric]:
    """Figures of one precision on every set, greedy and with beams."""
    return [
        measure(test.name, test.split, precision, model, test.pairs, beams)
        for test in tqdm([test.sample() for test in sets], desc=f"{precision}: scores", unit="set")
        for beams in BEAMS
    ]


def agreement_of(fp32: MarianModel, other: MarianModel, sets: Sequence[TestSet]) -> list[Fidelity]:
    """On every set, how many pieces the other model chooses otherwise."""
    return [
        fidelity(test.name, fp32, other, test.pairs, ALLOWED_PIECES)
        for test in tqdm([test.sample() for test in sets], desc="comparing pieces", unit="set")
    ]


def check_pieces(agreement: Sequence[Fidelity]) -> None:
    """Refuse a model that chooses too many pieces otherwise than its fp32 one.

    Raises:
        GateError: they are more than `ALLOWED_PIECES` of all.
    """
    compared = sum(entry.compared for entry in agreement)
    differing = sum(entry.differing for entry in agreement)
    if differing > max(FEWEST_DIFFERING, ALLOWED_PIECES * compared):
        raise GateError(
            f"it chooses {differing} of {compared} pieces otherwise than fp32 "
            f"({differing / max(compared, 1):.1%}; at most {ALLOWED_PIECES:.0%})"
        )


def check_bleu(metrics: Sequence[Metric]) -> None:
    """Refuse a model that translates worse than its fp32 one.

    Raises:
        GateError: it loses more than `ALLOWED_BLEU_LOSS` on a set of at least `FEW_PAIRS` pairs.
    """
    scores = {(m.dataset, m.precision): m for m in metrics}
    for (name, precision), metric in scores.items():
        if precision == "int8" and metric.rows >= FEW_PAIRS:
            loss = scores[name, "fp32"].values["bleu"] - metric.values["bleu"]
            if loss > ALLOWED_BLEU_LOSS:
                raise GateError(f"it loses {loss:.2f} BLEU on {name} (at most {ALLOWED_BLEU_LOSS})")
