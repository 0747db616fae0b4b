"""From weights to a published folder: calibrate, write both precisions, gate, put in place."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import MarianMTModel

from functions.translation.contract import (
    DECODER_FILE,
    ENCODER_FILE,
    SEARCH_FILE,
    TABLES_FILE,
)
from functions.translation.decoding.model import MarianModel
from functions.translation.engine import TASK
from functions.translation.translator import DEFAULT_BEAMS, Sentence, Translator
from shared.models.folder import TOKENIZER_FILE
from shared.models.spec import (
    DataSource,
    Fidelity,
    Golden,
    Metric,
    ModelSpec,
    describe_files,
    write_spec,
)
from training.folders import folder_aside, put_in_place
from training.graph_builder import Ranges
from training.published import Published
from training.translation.batches import encode_pairs
from training.translation.card import model_card
from training.translation.evaluate import TestSet
from training.translation.export import arrays, write_graphs, write_tables
from training.translation.gate import check_gate, compare
from training.translation.golden import Example, wrong_golden
from training.translation.pairs import Pair
from training.translation.quantize import calibrate

FILES = [ENCODER_FILE, DECODER_FILE, SEARCH_FILE, TABLES_FILE, TOKENIZER_FILE]
CALIBRATION_PAIRS = 512
LONGEST = 255  # tokens of a sentence, where the model has positions for so many


@dataclass(frozen=True)
class Facts:
    """What spec.json states beside the files."""

    name: str
    licence: str
    languages: tuple[str, ...]
    targets: tuple[str, ...]
    training: dict[str, Any]
    data: tuple[DataSource, ...]
    metrics: Sequence[Metric] = ()
    fidelity: Sequence[Fidelity] = ()
    golden: Sequence[Example] = ()


def write_folder(
    model: MarianMTModel,
    tokenizer: Tokenizer,
    ranges: Ranges | None,
    pieces: Mapping[str, NDArray[Any]],
    facts: Facts,
    folder: Path,
) -> MarianModel:
    """Write every file but for figures and golden examples, and open what was written."""
    config, weights = model.config, arrays(model)
    (width,) = {len(ids) for ids in pieces.values()}
    write_graphs(config, weights, ranges, width, folder)
    write_tables(config, weights, pieces, folder, int8=ranges is not None)
    tokenizer.save(str(folder / TOKENIZER_FILE), pretty=False)
    shape = {
        name: getattr(config, name)
        for name in ("d_model", "encoder_layers", "decoder_layers", "vocab_size")
    }
    tokens = {name: getattr(config, name) for name in ("decoder_start_token_id", "eos_token_id")}
    write_facts(
        folder,
        facts,
        limits={"tokens": min(LONGEST, config.max_position_embeddings - 1)},
        parameters={**tokens, **shape},
        int8=ranges is not None,
    )
    return MarianModel.load(folder)


def write_facts(
    folder: Path,
    facts: Facts,
    limits: dict[str, int],
    parameters: dict[str, float | int | str | None],
    *,
    int8: bool,
) -> ModelSpec:
    """Write the spec of the files in ``folder``; golden outputs are what the files give now."""
    files = describe_files(folder, FILES)
    spec = ModelSpec(
        name=facts.name,
        task=TASK,
        created=datetime.now(UTC).date().isoformat(),
        licence=facts.licence,
        languages=facts.languages,
        targets=facts.targets,
        files=files,
        limits=limits,
        parameters=parameters,
        quantization=_QUANTIZATION if int8 else {"weights": "fp32"},
        training=facts.training,
        data=facts.data,
        metrics=tuple(facts.metrics),
        fidelity=tuple(facts.fidelity),
        golden=Golden(tolerance=0, inputs=(), outputs=()),
    )
    spec = write_spec(folder, spec)
    if facts.golden:
        golden = {"golden": _golden(folder, facts.golden)}
        spec = write_spec(folder, spec.model_copy(update=golden))
    return spec


_QUANTIZATION = {
    "weights": "int8 per output channel (7 bits used)",
    "activations": "uint8, one fixed scale for each tensor, found on training pairs",
    "embeddings": "int8 per row, one copy for the encoder, the decoder and the output layer",
    "output_layer": "over the pieces that the target language is written with",
}


def _golden(folder: Path, examples: Sequence[Example]) -> Golden:
    """The folder's own translations of examples."""
    inputs = tuple(
        {"text": e.source, "source": e.source_language, "target": e.target_language}
        for e in examples
    )
    return Golden(tolerance=0, inputs=inputs, outputs=golden_outputs(folder, inputs))


def golden_outputs(folder: Path, inputs: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """The folder's translations of golden inputs, each alone as the warm-up does it."""
    model = MarianModel.load(folder)
    outputs = []
    for example in inputs:
        translator = Translator(model, example["target"])
        found = translator.translate([Sentence(example["text"])], DEFAULT_BEAMS)[0]
        outputs.append(found[0] if found else example["text"])
    return tuple(outputs)


@dataclass(frozen=True)
class Candidate:
    """A trained model that is to be published.

    Attributes:
        model: fp32, on the CPU.
        pieces: ids that each target language is written with.
        calibration: pairs that stand for what the model will see.
        sets: to measure on.
        facts: for spec.json; figures are added.
    """

    model: MarianMTModel
    tokenizer: Tokenizer
    pieces: Mapping[str, NDArray[Any]]
    calibration: Sequence[Pair]
    sets: Sequence[TestSet]
    facts: Facts

    def ranges(self) -> Ranges:
        """What enters each product, over `CALIBRATION_PAIRS` of the pairs."""
        step = max(1, len(self.calibration) // CALIBRATION_PAIRS)
        pairs = self.calibration[::step][:CALIBRATION_PAIRS]
        return calibrate(self.model, *encode_pairs(self.tokenizer, pairs))

    def write(self, ranges: Ranges | None, folder: Path) -> MarianModel:
        """The folder of one precision, without figures and golden examples."""
        facts = replace(self.facts, golden=())
        return write_folder(self.model, self.tokenizer, ranges, self.pieces, facts, folder)


def publish(candidate: Candidate, out: Path, card: Path) -> Published:
    """Export, compare int8 with fp32, and put the folder in its place.

    Args:
        candidate: what to export.
        out: the served folder.
        card: where the model card is written.

    Raises:
        GateError: the int8 model is not faithful; nothing was published.
    """
    print("calibrating")
    ranges = candidate.ranges()
    with tempfile.TemporaryDirectory() as scratch, folder_aside(out) as built:
        fp32 = candidate.write(None, Path(scratch) / "fp32")
        int8 = candidate.write(ranges, built)
        metrics, agreement = compare(fp32, int8, candidate.sets)
        for metric in metrics:
            print(f"{metric.dataset}, {metric.precision}: {metric.values}")
        check_gate(metrics, agreement)
        facts = replace(candidate.facts, metrics=metrics, fidelity=agreement)
        spec = write_facts(built, facts, int8.spec.limits, int8.spec.parameters, int8=True)
        for line in wrong_golden(spec, candidate.facts.golden):
            print(f"golden sentence came out otherwise: {line}")
        previous = put_in_place(built, out)
    return Published(out, card, spec, previous).with_card(model_card(spec))
