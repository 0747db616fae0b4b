"""From weights to a published folder: cold items, both precisions, gate, figures, card."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from functions.recommendation.catalogue import CATALOGUE_FILE, Catalogue
from functions.recommendation.model import MODEL_FILES, Events, RecommendationModel
from functions.recommendation.together import TOGETHER_FILE
from functions.recommendation.weighting import DEFAULT_PARAMETERS
from shared.models.folder import TOKENIZER_FILE
from shared.models.spec import Golden, ModelSpec, describe_files, read_spec, write_spec
from training.folders import folder_aside, put_in_place
from training.published import Published
from training.recommendation.card import model_card
from training.recommendation.config import ModelConfig
from training.recommendation.evaluate import SHOWN_ITEMS, all_metrics, few_metrics, with_few
from training.recommendation.export import write_graphs
from training.recommendation.gate import check_gate, fidelity, overlap
from training.recommendation.interactions import History, Interactions, Split
from training.recommendation.measures import (
    CUTOFFS,
    Scorer,
    own_frequency,
    popularity,
    rankings,
    transitions,
)
from training.recommendation.model import SequenceModel
from training.recommendation.served import events_of, served_scorer
from training.recommendation.titles import Texts, place_items
from training.recommendation.together import together_of
from training.recommendation.trainer import baskets_of

PADDING = "[PAD]"
INT8_VECTORS = "int8, one scale for each item; inner product with a state as two 7-bit digits"
GOLDEN_CASES = 5
GOLDEN_TOLERANCE = 0.02  # of a score; fp32 sums come out in another order elsewhere


@dataclass(frozen=True)
class Facts:
    """What spec.json states beside the files."""

    name: str
    licence: str
    training: dict[str, Any]
    exclude_seen: bool


@dataclass(frozen=True)
class Candidate:
    """A trained model that is to be published.

    Attributes:
        model: fp32.
        data: that it was trained on, with the catalogue.
        parts: the same, split.
        facts: for spec.json.
        texts: of the items.
        fitted: the histories that the model was trained on.
        trust: events that an item's text counts as much as; see `place_items`.
    """

    model: SequenceModel
    data: Interactions
    parts: Split
    facts: Facts
    texts: Texts
    fitted: Sequence[History]
    trust: float = 0.0


def catalogue_of(data: Interactions, train_counts: NDArray[np.int64]) -> Catalogue:
    """The served catalogue; ``popularity`` counts events of the training data."""
    names = sorted({name for item in data.catalogue for name in item.fields})
    fields: dict[str, NDArray[Any]] = {}
    for name in names:
        values = [item.fields.get(name) for item in data.catalogue]
        if any(isinstance(value, str) for value in values):
            fields[name] = np.array(["" if v is None else str(v) for v in values])
        else:
            numbers = [np.nan if value is None else float(value) for value in values]
            fields[name] = np.array(numbers)
    return Catalogue(
        [item.item_id for item in data.catalogue],
        [item.title for item in data.catalogue],
        fields,
        train_counts.astype(np.float64),
        train_counts > 0,
    )


def write_folder(
    model: SequenceModel,
    vectors: NDArray[np.float32],
    data: Interactions,
    catalogue: Catalogue,
    folder: Path,
    facts: Facts,
    *,
    int8: bool,
) -> ModelSpec:
    """Every file of a served folder, with a spec that has no figures yet."""
    folder.mkdir(parents=True, exist_ok=True)
    write_graphs(model, vectors, folder, int8=int8)
    catalogue.save(folder / CATALOGUE_FILE)
    vocabulary = {item_id: row for row, item_id in enumerate(catalogue.ids)}
    vocabulary[PADDING] = len(catalogue)
    Tokenizer(WordLevel(vocabulary, unk_token=PADDING)).save(
        str(folder / TOKENIZER_FILE), pretty=False
    )
    spec = build_spec(folder, model.config, data, facts, int8=int8)
    return write_spec(folder, spec)


def build_spec(
    folder: Path, config: ModelConfig, data: Interactions, facts: Facts, *, int8: bool
) -> ModelSpec:
    """The spec of the files that lie in ``folder``, without figures."""
    files = describe_files(folder, list(MODEL_FILES))
    return ModelSpec(
        name=facts.name,
        task="recommendation",
        created=datetime.now(UTC).date().isoformat(),
        licence=facts.licence,
        languages=(),
        files=files,
        limits={"history": config.length},
        parameters=DEFAULT_PARAMETERS
        | {"timed": int(config.timed), "typed": int(config.typed), "hidden": config.hidden},
        quantization={
            "item vectors": INT8_VECTORS if int8 else "none",
            "encoder": "fp32",
        },
        training=facts.training,
        data=tuple(data.sources),
        metrics=(),
        fidelity=(),
        golden=Golden(tolerance=GOLDEN_TOLERANCE, inputs=(), outputs=()),
    )


def golden_of(model: RecommendationModel, cases: Sequence[Events]) -> Golden:
    """Some histories and the best items of each."""
    inputs, outputs = [], []
    for events in cases:
        states, items, added = model.encode([events])
        feeds = model.ranking(states) | {"item_ids": items, "added": added}
        scores, rows = model.top(feeds, SHOWN_ITEMS)
        inputs.append([list(column) for column in events.columns])
        outputs.append(
            [
                [model.catalogue.ids[row], round(float(score), 4)]
                for score, row in zip(scores[0], rows[0], strict=True)
            ]
        )
    return Golden(tolerance=GOLDEN_TOLERANCE, inputs=tuple(inputs), outputs=tuple(outputs))


def with_texts(candidate: Candidate, catalogue: Catalogue) -> NDArray[np.float32]:
    """Item vectors, (N, H), of which those of cold and rare items are from their texts too.

    The model is given the biases.
    """
    model = candidate.model
    vectors, biases = place_items(
        candidate.texts,
        model.vectors().detach().numpy(),
        model.bias.detach().numpy(),
        catalogue.popularity.astype(np.int64),
        candidate.trust,
        baskets_of(model, candidate.fitted),
    )
    model.bias.data = model.bias.data.new_tensor(biases)
    return vectors


def counted(candidate: Candidate) -> dict[str, NDArray[np.int64]]:
    """Rankings by simple counts, which a model has to beat."""
    histories, items = candidate.parts.refit, len(candidate.data.catalogue)
    scorers: dict[str, Scorer] = {
        "popularity": popularity(histories, items),
        "item-transition counts": transitions(histories, items),
        "own frequency": own_frequency(histories, items),
    }
    exclude_seen = candidate.facts.exclude_seen
    return {
        name: rankings(scorer, candidate.parts.test, exclude_seen=exclude_seen)
        for name, scorer in scorers.items()
    }


def write_both(
    candidate: Candidate, catalogue: Catalogue, folders: Mapping[str, Path]
) -> dict[str, NDArray[np.int64]]:
    """Write the folder of each precision, and rank the test cases through it."""
    model, facts, timed = candidate.model, candidate.facts, candidate.model.config.timed
    vectors = with_texts(candidate, catalogue)
    ranked = {}
    for precision, folder in folders.items():
        int8 = precision == "int8"
        write_folder(model, vectors, candidate.data, catalogue, folder, facts, int8=int8)
        scorer = served_scorer(RecommendationModel.load(folder), timed=timed)
        cases = candidate.parts.test
        ranked[precision] = rankings(scorer, cases, exclude_seen=facts.exclude_seen)
    return ranked


def publish(candidate: Candidate, out: Path, card: Path) -> Published:
    """Export, compare int8 with fp32 and with simple counts, and put the folder in its place.

    Raises:
        GateError: the int8 model is not faithful; nothing was published.
    """
    data, cases = candidate.data, candidate.parts.test
    items = np.concatenate([history.items for history in candidate.parts.refit])
    catalogue = catalogue_of(data, np.bincount(items, minlength=len(data.catalogue)))
    name = data.sources[0].name
    with tempfile.TemporaryDirectory() as scratch, folder_aside(out) as built:
        folders = {"fp32": Path(scratch) / "fp32", "int8": built}
        ranked = write_both(candidate, catalogue, folders) | counted(candidate)
        metrics = all_metrics(ranked, cases, catalogue, name)
        scorer = served_scorer(RecommendationModel.load(built), timed=candidate.model.config.timed)
        few = with_few(scorer, cases, exclude_seen=candidate.facts.exclude_seen)
        metrics += few_metrics(ranked["int8"], few, cases, name, "int8")
        same = overlap(ranked["fp32"], ranked["int8"])
        print(f"int8 shares {same:.2%} of the ten best items with fp32")
        check_gate(same, metrics[0].values, metrics[1].values)
        timed = candidate.model.config.timed
        examples = [events_of(case, timed=timed) for case in cases[:GOLDEN_CASES]]
        together_of(candidate.parts.refit, len(catalogue)).save(built / TOGETHER_FILE)
        figures = {
            "files": describe_files(built, [*MODEL_FILES, TOGETHER_FILE]),
            "metrics": tuple(metrics),
            "fidelity": (fidelity(same, len(cases), name),),
            "golden": golden_of(RecommendationModel.load(built), examples),
        }
        spec = write_spec(built, read_spec(built).model_copy(update=figures))
        previous = put_in_place(built, out)
    return Published(out, card, spec, previous).with_card(model_card(spec, catalogue, CUTOFFS))
