"""From a trained or imported model to its published folder: the quickest one that is faithful.

Products are int8 with fixed scales where that passes the gate. Where it does not, the few channels
that are much larger than others are taken in fp32, or channels are evened out, then the products
that lose most become more exact, then all of them, and at last everything is fp32: a model that was
trained for hours, or that is a user's own, is never refused for its size.
"""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from numpy.typing import NDArray
from tokenizers import Tokenizer

from functions.translation.decoding.model import MarianModel
from functions.translation.translator import DEFAULT_BEAMS
from shared.models.spec import Fidelity, Metric
from training.errors import GateError
from training.folders import folder_aside, put_in_place
from training.published import Published
from training.translation.batches import Encoded, encode_pairs
from training.translation.card import model_card
from training.translation.evaluate import TestSet
from training.translation.folder import Facts, write_facts, write_folder
from training.translation.gate import agreement_of, check_bleu, check_pieces, measured
from training.translation.golden import wrong_golden
from training.translation.pairs import Pair
from training.translation.precision import FP32, Precision, int8, ladder, smoothed, with_apart
from training.translation.quantize import calibrate, large_channels, losses, smoothing_of
from training.translation.scores import decode
from training.translation.shapes import Model

CALIBRATION_PAIRS = 512
TIMED_PAIRS = 16
SHARES = (0.15, 0.4)  # of the products, those that lose most, in higher precision


@dataclass(frozen=True)
class Candidate:
    """A model that is to be published.

    Attributes:
        model: fp32, on the CPU.
        pieces: ids that each target language is written with.
        calibration: pairs that stand for what the model will see.
        sets: to measure on.
        facts: for spec.json; figures are added.
    """

    model: Model
    tokenizer: Tokenizer
    pieces: Mapping[str, NDArray[Any]]
    calibration: Sequence[Pair]
    sets: Sequence[TestSet]
    facts: Facts

    def sample(self, count: int) -> Sequence[Pair]:
        """So many of the calibration pairs, evenly drawn."""
        step = max(1, len(self.calibration) // count)
        return self.calibration[::step][:count]

    def precisions(self) -> list[Precision]:
        """What may be served, the quickest first."""
        encoded: tuple[Encoded, Encoded] = encode_pairs(
            self.tokenizer, self.sample(CALIBRATION_PAIRS)
        )
        large = large_channels(self.model, *encoded)
        apart = with_apart(calibrate(self.model, *encoded, apart=large), large)
        smoothing = smoothing_of(self.model, *encoded)
        smooth = smoothed(calibrate(self.model, *encoded, smoothing), smoothing)
        lost = losses(self.model, *encoded, smooth.ranges or {}, smoothing)
        plain = int8(calibrate(self.model, *encoded))
        return ladder(plain, apart, smooth, lost, SHARES)

    def write(self, precision: Precision, folder: Path) -> MarianModel:
        """The folder of one precision, without figures and golden examples."""
        facts = replace(self.facts, golden=())
        return write_folder(self.model, self.tokenizer, precision, self.pieces, facts, folder)


@dataclass(frozen=True)
class Cost:
    """What one precision takes on this machine.

    Attributes:
        size_mb: of the files.
        sentence_ms: median of single sentences, with beams.
    """

    size_mb: float
    sentence_ms: float

    @classmethod
    def of(cls, model: MarianModel, pairs: Sequence[Pair]) -> "Cost":
        """Measured on these pairs, each alone."""
        times = []
        for pair in pairs:
            start = time.perf_counter()
            decode(model, [pair.source], pair.target_language, DEFAULT_BEAMS)
            times.append((time.perf_counter() - start) * 1e3)
        size = sum(entry.size_bytes for entry in model.spec.files.values())
        return cls(size / 1e6, median(times))


@dataclass(frozen=True)
class Chosen:
    """The first precision that the gate let through.

    Attributes:
        metrics: of it, and of fp32.
        refused: why each of those before it was not taken, by name.
        costs: of all that were tried, by name.
    """

    model: MarianModel
    precision: Precision
    metrics: Sequence[Metric]
    agreement: Sequence[Fidelity]
    refused: Mapping[str, str]
    costs: Mapping[str, Cost]

    def described(self) -> dict[str, str]:
        """For spec.json: how it computes, why, and what that costs."""
        found = self.precision.described()
        if self.refused:
            quickest, own = next(iter(self.costs.values())), self.costs[self.precision.name]
            found["gate"] = "; ".join(f"{name}: {why}" for name, why in self.refused.items())
            found["cost"] = (
                f"{own.size_mb:.1f} MB where int8 has {quickest.size_mb:.1f} MB, and "
                f"{own.sentence_ms / quickest.sentence_ms:.1f} times int8's time a sentence"
            )
        return found


def choose(candidate: Candidate, built: Path, scratch: Path) -> Chosen:
    """Write one precision after the other, until the gate lets one through.

    Args:
        candidate: to be written.
        built: folder that holds the chosen one afterwards.
        scratch: folder for the fp32 one.

    Raises:
        GateError: none is faithful.
    """
    fp32 = candidate.write(FP32, scratch)
    reference = measured("fp32", fp32, candidate.sets)
    timed = candidate.sample(TIMED_PAIRS)
    agreement: list[Fidelity] = []
    refused: dict[str, str] = {}
    costs: dict[str, Cost] = {}
    for precision in candidate.precisions():
        model, metrics = candidate.write(precision, built), list(reference)
        costs[precision.name] = Cost.of(model, timed)
        try:
            if precision.int8:
                agreement = agreement_of(fp32, model, candidate.sets)
                check_pieces(agreement)
                metrics += measured("int8", model, candidate.sets)
                check_bleu(metrics)
            else:
                agreement = [entry.model_copy(update={"differing": 0}) for entry in agreement]
                check_pieces(agreement)
        except GateError as error:
            refused[precision.name] = str(error)
            print(f"{precision.name} is refused: {error}")
            continue
        return Chosen(model, precision, metrics, agreement, refused, costs)
    raise GateError(
        "No precision is faithful: "
        + "; ".join(f"{name}: {why}" for name, why in refused.items())
        + "."
    )


def publish(candidate: Candidate, out: Path, card: Path) -> Published:
    """Export, compare what is served with fp32, and put the folder in its place.

    Args:
        candidate: what to export.
        out: the served folder.
        card: where the model card is written.

    Raises:
        GateError: no precision is faithful; nothing was published.
    """
    print("calibrating")
    with tempfile.TemporaryDirectory() as scratch, folder_aside(out) as built:
        chosen = choose(candidate, built, Path(scratch) / "fp32")
        for metric in chosen.metrics:
            print(f"{metric.dataset}, {metric.precision}: {metric.values}")
        how = chosen.described()
        for key in ("gate", "cost"):
            if key in how:
                print(f"{key}: {how[key]}")
        facts = replace(candidate.facts, metrics=chosen.metrics, fidelity=chosen.agreement)
        stated = chosen.model.spec
        spec = write_facts(built, facts, stated.limits, stated.parameters, how)
        for line in wrong_golden(spec, candidate.facts.golden):
            print(f"golden sentence came out otherwise: {line}")
        previous = put_in_place(built, out)
    return Published(out, card, spec, previous).with_card(model_card(spec))
