"""Whether an int8 model writes what its fp32 one does."""

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


def compare(
    fp32: MarianModel, int8: MarianModel, sets: Sequence[TestSet]
) -> tuple[list[Metric], list[Fidelity]]:
    """Figures of both precisions on every set, greedy and with beams, and their agreement."""
    metrics: list[Metric] = []
    agreement: list[Fidelity] = []
    for test in tqdm([test.sample() for test in sets], desc="evaluating", unit="set"):
        for beams in BEAMS:
            for precision, model in (("fp32", fp32), ("int8", int8)):
                metrics.append(measure(test.name, test.split, precision, model, test.pairs, beams))
        agreement.append(fidelity(test.name, fp32, int8, test.pairs, ALLOWED_PIECES))
    return metrics, agreement


def check_gate(metrics: Sequence[Metric], agreement: Sequence[Fidelity]) -> None:
    """Refuse an int8 model that is worse than its fp32 one.

    Raises:
        GateError: it loses more than `ALLOWED_BLEU_LOSS` on a set of at least `FEW_PAIRS` pairs,
            or chooses more than `ALLOWED_PIECES` of all pieces otherwise.
    """
    scores = {(m.dataset, m.precision): m for m in metrics}
    for (name, precision), metric in scores.items():
        if precision == "int8" and metric.rows >= FEW_PAIRS:
            loss = scores[name, "fp32"].values["bleu"] - metric.values["bleu"]
            if loss > ALLOWED_BLEU_LOSS:
                raise GateError(
                    f"int8 loses {loss:.2f} BLEU on {name} (at most {ALLOWED_BLEU_LOSS}). "
                    "Train longer, so that fewer choices are close."
                )
    compared = sum(entry.compared for entry in agreement)
    differing = sum(entry.differing for entry in agreement)
    if differing > max(FEWEST_DIFFERING, ALLOWED_PIECES * compared):
        raise GateError(
            f"int8 chooses {differing} of {compared} pieces otherwise than fp32 (at most "
            f"{ALLOWED_PIECES:.0%}). Train longer, so that fewer choices are close."
        )
