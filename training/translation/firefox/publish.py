"""Writing the served folder of a Firefox model, and comparing it with fp32 before it is served."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sentencepiece import SentencePieceProcessor

from functions.translation.contract import (
    DECODER_FILE,
    ENCODER_FILE,
    SEARCH_FILE,
    TABLES_FILE,
    TARGET_TOKENIZER_FILE,
)
from functions.translation.decoding.model import MarianModel
from functions.translation.engine import TASK
from functions.translation.translator import DEFAULT_BEAMS, Sentence, Translator
from shared.models.folder import TOKENIZER_FILE
from shared.models.spec import Fidelity, Golden, Metric, ModelSpec, describe_files, write_spec
from training.errors import GateError
from training.folders import folder_aside, put_in_place
from training.translation.firefox.card import model_card
from training.translation.firefox.graphs import POSITIONS, write_graphs
from training.translation.firefox.sources import PairFiles
from training.translation.firefox.tables import Tables
from training.translation.firefox.vocabulary import END, convert
from training.translation.firefox.weights import without_overflow
from training.translation.pairs import Pair
from training.translation.scores import fidelity, measure

ALLOWED_PIECES = 0.03  # of all pieces that int8 may choose otherwise than fp32
ALLOWED_BLEU_LOSS = 0.3
FEW_PAIRS = 500  # below so many, BLEU itself is not known to 0.3


@dataclass(frozen=True)
class Imported:
    """A pair that was read.

    Attributes:
        pieces: vocabularies of the source and of the target, which may be one.
        command: that it is imported by.
    """

    files: PairFiles
    tables: Tables
    pieces: tuple[SentencePieceProcessor, SentencePieceProcessor]
    name: str
    licence: str
    command: str


def write_folder(imported: Imported, folder: Path, *, int8: bool) -> MarianModel:
    """Write every file but for figures and golden examples, and open what was written."""
    tables, lowered = imported.tables, 0
    if int8:
        model, lowered = without_overflow(tables.model)
        tables = Tables(model, tables.standins, tables.lexicon, tables.target)
    write_graphs(tables.model, tables.rows, tables.columns, folder, int8=int8)
    tables.write(folder, int8=int8)
    convert(imported.pieces[0]).save(str(folder / TOKENIZER_FILE), pretty=False)
    if not tables.model.architecture.one_vocabulary:
        convert(imported.pieces[1]).save(str(folder / TARGET_TOKENIZER_FILE), pretty=False)
    quantization = _quantization(lowered) if int8 else {"weights": "fp32"}
    write_spec(folder, _spec(imported, folder, quantization))
    return MarianModel.load(folder)


def _spec(imported: Imported, folder: Path, quantization: Mapping[str, Any]) -> ModelSpec:
    names = [ENCODER_FILE, DECODER_FILE, SEARCH_FILE, TABLES_FILE, TOKENIZER_FILE]
    if (folder / TARGET_TOKENIZER_FILE).exists():
        names.append(TARGET_TOKENIZER_FILE)
    files = describe_files(folder, names)
    shape, origin = imported.tables.model.architecture, imported.files
    training: dict[str, Any] = {
        "command": imported.command,
        "imported_from": origin.origin,
        "imported_version": origin.version,
    }
    if origin.figures:
        training["published_figures"] = dict(origin.figures)
    return ModelSpec(
        name=imported.name,
        task=TASK,
        created=datetime.now(UTC).date().isoformat(),
        licence=imported.licence,
        languages=(origin.source,),
        targets=(origin.target,),
        files=files,
        limits={"tokens": POSITIONS - 1},
        parameters={
            "decoder_start_token_id": imported.tables.start,
            "eos_token_id": END,
            "d_model": shape.width,
            "encoder_layers": shape.encoder_layers,
            "decoder_layers": shape.decoder_layers,
            "decoder_cell": shape.cell,
            "vocab_size": shape.vocabularies[1],
        },
        quantization=dict(quantization),
        training=training,
        data=(),
        metrics=(),
        fidelity=(),
        golden=Golden(tolerance=0, inputs=(), outputs=()),
    )


def _quantization(lowered: int) -> dict[str, str]:
    return {
        "weights": "the publisher's own int8 values, channels reordered",
        "weights_lowered": f"{lowered}, which could overflow 16 bits on processors without VNNI",
        "activations": "the publisher's own scales, one for each tensor",
        "embeddings": "the publisher's own int8 values, one copy for all uses of a vocabulary",
        "output_layer": "the pieces that a batch's sources can become (lexical shortlist)",
    }


def publish(
    imported: Imported,
    lines: Sequence[str],
    tests: Mapping[str, Sequence[Pair]],
    golden: Sequence[str],
    out: Path,
    card: Path,
) -> ModelSpec:
    """Write both precisions, compare them, and put the int8 folder in its place.

    Args:
        imported: the pair.
        lines: in the source language, to compare on.
        tests: pairs by name, to measure BLEU and chrF on.
        golden: sentences whose translations spec.json states.
        out: the served folder.
        card: where the model card is written.

    Raises:
        GateError: the int8 model is not faithful; nothing was published.
    """
    source, target = imported.files.source, imported.files.target
    sample = [Pair(line, "", source, target) for line in lines]
    with tempfile.TemporaryDirectory() as scratch, folder_aside(out) as built:
        fp32 = write_folder(imported, Path(scratch) / "fp32", int8=False)
        int8 = write_folder(imported, built, int8=True)
        agreement = fidelity("sample text", fp32, int8, sample, ALLOWED_PIECES)
        share = 1 - agreement.differing / agreement.compared
        print(f"int8 chooses {share:.2%} of {agreement.compared:,} pieces as fp32 does")
        metrics = [
            measure(name, "test", precision, model, pairs, beams)
            for name, pairs in tests.items()
            for beams in (1, DEFAULT_BEAMS)
            for precision, model in (("fp32", fp32), ("int8", int8))
        ]
        for metric in metrics:
            print(f"{metric.dataset}, {metric.precision}: {metric.values}")
        check_gate(agreement, metrics)
        spec = write_spec(built, _with_figures(int8, agreement, metrics, golden))
        previous = put_in_place(built, out)
    card.parent.mkdir(parents=True, exist_ok=True)
    card.write_text(model_card(spec), encoding="utf-8")
    print(f"published {spec.identifier} at {out}, card {card}")
    if previous:
        print(f"the former model is at {previous}; to restore it: mv {previous} {out}")
    return spec


def check_gate(agreement: Fidelity, metrics: Sequence[Metric]) -> None:
    """Refuse an int8 model that departs from its fp32 one.

    Raises:
        GateError: it chooses more than `ALLOWED_PIECES` of all pieces otherwise, or loses more
            than `ALLOWED_BLEU_LOSS` on a set of at least `FEW_PAIRS` pairs.
    """
    if agreement.differing > ALLOWED_PIECES * agreement.compared:
        raise GateError(
            f"int8 chooses {agreement.differing:,} of {agreement.compared:,} pieces otherwise than "
            f"fp32 (at most {ALLOWED_PIECES:.0%}). The model's own scales do not fit this text."
        )
    exact = {m.dataset: m.values["bleu"] for m in metrics if m.precision == "fp32"}
    for metric in metrics:
        loss = exact[metric.dataset] - metric.values["bleu"]
        if metric.rows >= FEW_PAIRS and loss > ALLOWED_BLEU_LOSS:
            raise GateError(
                f"int8 loses {loss:.2f} BLEU on {metric.dataset} (at most {ALLOWED_BLEU_LOSS})."
            )


def _with_figures(
    model: MarianModel, agreement: Fidelity, metrics: Sequence[Metric], golden: Sequence[str]
) -> ModelSpec:
    """The spec with figures, and what the model makes of golden sentences, each alone."""
    spec = model.spec
    translator = Translator(model, spec.targets[0])
    outputs = []
    for text in golden:
        found = translator.translate([Sentence(text)], DEFAULT_BEAMS)[0]
        outputs.append(found[0] if found else text)
    inputs = tuple(
        {"text": text, "source": spec.languages[0], "target": spec.targets[0]} for text in golden
    )
    return spec.model_copy(
        update={
            "metrics": tuple(metrics),
            "fidelity": (agreement,),
            "golden": Golden(tolerance=0, inputs=inputs, outputs=tuple(outputs)),
        }
    )
