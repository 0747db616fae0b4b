"""From weights to a served folder: the files of one precision, and what spec.json states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from tokenizers import Tokenizer

from functions.translation.contract import (
    DECODER_FILE,
    ENCODER_FILE,
    SEARCH_FILE,
    TABLES_FILE,
)
from functions.translation.decoding.model import MarianModel
from functions.translation.engine import TASK
from functions.translation.translator import (
    DEFAULT_BEAMS,
    DICTIONARY_WEIGHT,
    Sentence,
    Translator,
)
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
from training.translation.export import write_graphs, write_tables
from training.translation.golden import Example
from training.translation.precision import Precision
from training.translation.shapes import Model, state_of

FILES = [ENCODER_FILE, DECODER_FILE, SEARCH_FILE, TABLES_FILE, TOKENIZER_FILE]
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
    dictionary_weight: float = 0.0


def write_folder(
    model: Model,
    tokenizer: Tokenizer,
    precision: Precision,
    pieces: Mapping[str, NDArray[Any]],
    facts: Facts,
    folder: Path,
) -> MarianModel:
    """Write every file but for figures and golden examples, and open what was written."""
    config, weights = model.config, state_of(model)
    (width,) = {len(ids) for ids in pieces.values()}
    write_graphs(config, weights, precision, width, folder)
    write_tables(config, weights, pieces, folder, int8=precision.int8)
    tokenizer.save(str(folder / TOKENIZER_FILE), pretty=False)
    shape = {
        name: getattr(config, name)
        for name in ("d_model", "encoder_layers", "decoder_layers", "vocab_size")
    }
    tokens = {name: getattr(config, name) for name in ("decoder_start_token_id", "eos_token_id")}
    weight = {DICTIONARY_WEIGHT: facts.dictionary_weight} if facts.dictionary_weight else {}
    write_facts(
        folder,
        facts,
        limits={"tokens": min(LONGEST, config.max_position_embeddings - 1)},
        parameters={**tokens, **shape, **weight},
        quantization=precision.described(),
    )
    return MarianModel.load(folder)


def write_facts(
    folder: Path,
    facts: Facts,
    limits: dict[str, int],
    parameters: dict[str, float | int | str | None],
    quantization: dict[str, str],
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
        quantization=quantization,
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
