"""From weights to a published folder: calibrate, export both precisions, gate, publish."""

import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from tokenizers import Tokenizer
from tqdm import tqdm
from transformers import MarianMTModel

from functions.translation.decoding.model import MarianModel
from functions.translation.translator import DEFAULT_BEAMS
from shared.models.spec import Fidelity, Metric, ModelSpec
from training.errors import GateError
from training.folders import folder_aside, put_in_place
from training.translation.batches import encode_pairs
from training.translation.card import model_card
from training.translation.evaluate import fidelity, measure
from training.translation.golden import Example
from training.translation.pairs import Pair
from training.translation.publish import Facts, write_facts, write_folder
from training.translation.quantize import calibrate

ALLOWED_BLEU_LOSS = 0.3
ALLOWED_PIECES = 0.03  # of all pieces that int8 may choose otherwise than fp32
FEWEST_DIFFERING = 2  # pieces that never count as too many
FEW_PAIRS = 500  # below so many, BLEU itself is not known to 0.3
CALIBRATION_PAIRS = 512
BEAMS = (1, DEFAULT_BEAMS)
MOST_PAIRS = 3_000  # of a set that both precisions are compared on


@dataclass(frozen=True)
class TestSet:
    """Named pairs of one direction that figures are told of, the same sample of a large set."""

    name: str
    split: str
    pairs: list[Pair]

    def sample(self) -> "TestSet":
        """At most `MOST_PAIRS` of them."""
        if len(self.pairs) <= MOST_PAIRS:
            return self
        pairs = random.Random(0).sample(self.pairs, MOST_PAIRS)
        return TestSet(self.name, f"{self.split}, {MOST_PAIRS:,} of {len(self.pairs):,}", pairs)


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


def wrong_golden(spec: ModelSpec, examples: Sequence[Example]) -> list[str]:
    """Golden sentences that came out as none of their accepted translations."""
    return [
        f"{example.source_language}-{example.target_language}: {example.source} -> {output}"
        for example, output in zip(examples, spec.golden.outputs, strict=True)
        if example.accepted and output not in example.accepted
    ]


def publish(
    model: MarianMTModel,
    tokenizer: Tokenizer,
    pieces: Mapping[str, NDArray[Any]],
    calibration: Sequence[Pair],
    sets: Sequence[TestSet],
    facts: Facts,
    out: Path,
    card: Path,
) -> ModelSpec:
    """Export, compare int8 with fp32, and put the folder in its place.

    Args:
        model: fp32, on the CPU.
        tokenizer: of the model.
        pieces: ids that each target language is written with.
        calibration: pairs that stand for what the model will see.
        sets: to measure on.
        facts: for spec.json; figures are added.
        out: the served folder.
        card: where the model card is written.

    Raises:
        GateError: the int8 model is not faithful; nothing was published.
    """
    step = max(1, len(calibration) // CALIBRATION_PAIRS)
    print("calibrating")
    ranges = calibrate(model, *encode_pairs(tokenizer, calibration[::step][:CALIBRATION_PAIRS]))
    examples = list(facts.golden)
    draft = replace(facts, golden=())
    with tempfile.TemporaryDirectory() as scratch, folder_aside(out) as built:
        fp32 = write_folder(model, tokenizer, None, pieces, draft, Path(scratch) / "fp32")
        int8 = write_folder(model, tokenizer, ranges, pieces, draft, built)
        metrics, agreement = compare(fp32, int8, sets)
        for metric in metrics:
            print(f"{metric.dataset}, {metric.precision}: {metric.values}")
        check_gate(metrics, agreement)
        facts = replace(facts, metrics=metrics, fidelity=agreement)
        spec = write_facts(built, facts, int8.spec.limits, int8.spec.parameters, int8=True)
        wrong = wrong_golden(spec, examples)
        for line in wrong:
            print(f"golden sentence came out otherwise: {line}")
        previous = put_in_place(built, out)
    card.parent.mkdir(parents=True, exist_ok=True)
    card.write_text(model_card(spec), encoding="utf-8")
    print(f"published {spec.identifier} at {out}, card {card}")
    if previous:
        print(f"the former model is at {previous}; to restore it: mv {previous} {out}")
    return spec
