"""Writing the served folder: int8 graph, tokenizer, spec.json, model card."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from functions.intent.decision import Rule
from shared.models.folder import MODEL_FILE, TOKENIZER_FILE
from shared.models.spec import (
    DataSource,
    Fidelity,
    Golden,
    Label,
    Metric,
    ModelSpec,
    describe_files,
    write_spec,
)
from training.folders import folder_aside, put_in_place
from training.intent.export import Graph
from training.intent.parameters import parameters_of

GOLDEN_TOLERANCE = 0.25  # logits; other processors add up int8 products in another order


@dataclass(frozen=True)
class Facts:
    """What spec.json states beside the files."""

    name: str
    licence: str
    languages: tuple[str, ...]
    labels: list[Label]
    rule: Rule
    max_tokens: int
    quantization: dict[str, Any]
    training: dict[str, Any]
    data: tuple[DataSource, ...]
    metrics: list[Metric]
    fidelity: list[Fidelity]
    golden_texts: Sequence[str]
    slots: tuple[str, ...] = ()


def golden(graph: Graph, texts: Sequence[str], max_tokens: int) -> Golden:
    """The int8 graph's own logits for ``texts``, each run alone as the warm-up does."""
    rows = [graph.logits([text], max_tokens)[0] for text in texts]
    return Golden(
        tolerance=GOLDEN_TOLERANCE,
        inputs=tuple(texts),
        outputs=tuple(tuple(float(np.round(x, 4)) for x in row) for row in rows),
    )


def build_spec(folder: Path, facts: Facts, graph: Graph) -> ModelSpec:
    """The spec of the files that lie in ``folder``."""
    files = describe_files(folder, [MODEL_FILE, TOKENIZER_FILE])
    return ModelSpec(
        name=facts.name,
        task="intent",
        created=datetime.now(UTC).date().isoformat(),
        licence=facts.licence,
        languages=facts.languages,
        files=files,
        labels=tuple(facts.labels),
        limits={"tokens": facts.max_tokens},
        parameters=parameters_of(facts.rule, [x.name for x in facts.labels], facts.slots),
        quantization=facts.quantization,
        training=facts.training,
        data=facts.data,
        metrics=tuple(facts.metrics),
        fidelity=tuple(facts.fidelity),
        golden=golden(graph, facts.golden_texts, facts.max_tokens),
    )


def publish(
    int8: Path, tokenizer: Tokenizer, facts: Facts, out: Path
) -> tuple[ModelSpec, Path | None]:
    """Write the whole folder aside, then move it to ``out``.

    Returns:
        The spec, and where the former model of ``out`` was put, if any.
    """
    with folder_aside(out) as built:
        shutil.copyfile(int8, built / MODEL_FILE)
        tokenizer.save(str(built / TOKENIZER_FILE), pretty=False)
        spec = build_spec(built, facts, Graph(built / MODEL_FILE, tokenizer))
        return write_spec(built, spec), put_in_place(built, out)
