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
from functions.recommendation.weighting import DEFAULT_PARAMETERS
from shared.models.folder import TOKENIZER_FILE
from shared.models.spec import Fidelity, Golden, Metric, ModelSpec, describe_files, write_spec
from training.errors import GateError
from training.folders import folder_aside, put_in_place
from training.recommendation.card import model_card
from training.recommendation.export import write_graphs
from training.recommendation.interactions import Case, Interactions, Split
from training.recommendation.measures import (
    CUTOFFS,
    Scorer,
    own_frequency,
    popularity,
    ranking_metrics,
    rankings,
    transitions,
)
from training.recommendation.model import SequenceModel
from training.recommendation.served import events_of, served_scorer
from training.recommendation.titles import fill_cold

PADDING = "[PAD]"
LEAST_OVERLAP = 0.97  # of the ten best items of a case, int8 with fp32, on the mean
MOST_LOSS = 0.002  # of NDCG@10
GOLDEN_CASES = 5
GOLDEN_ITEMS = 10
GOLDEN_TOLERANCE = 0.02  # of a score; fp32 sums come out in another order elsewhere
GROUPS = ((1, 20, "up to 20 events"), (21, 100, "21 to 100"), (101, 10**9, "more than 100"))


@dataclass(frozen=True)
class Facts:
    """What spec.json states beside the files."""

    name: str
    licence: str
    training: dict[str, Any]
    exclude_seen: bool


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
    version, files = describe_files(folder, list(MODEL_FILES))
    config = model.config
    spec = ModelSpec(
        name=facts.name,
        version=version,
        task="recommendation",
        created=datetime.now(UTC).date().isoformat(),
        licence=facts.licence,
        languages=(),
        files=files,
        limits={"history": config.length},
        parameters=DEFAULT_PARAMETERS
        | {"timed": int(config.timed), "typed": int(config.typed), "hidden": config.hidden},
        quantization={
            "item vectors": "int8, one scale for each item; inner product with a state as two "
            "7-bit digits"
            if int8
            else "none",
            "encoder": "fp32",
        },
        training=facts.training,
        data=tuple(data.sources),
        metrics=(),
        fidelity=(),
        golden=Golden(tolerance=GOLDEN_TOLERANCE, inputs=(), outputs=()),
    )
    write_spec(folder, spec)
    return spec


def overlap(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Mean share of the ten best items that two rankings have in common."""
    pairs = zip(first[:, :GOLDEN_ITEMS], second[:, :GOLDEN_ITEMS], strict=True)
    return float(np.mean([np.isin(a, b).mean() for a, b in pairs]))


def spread(ranked: NDArray[np.int64], catalogue: Catalogue) -> dict[str, float]:
    """How much of the catalogue is shown at all, and how popular what is shown is.

    ``popularity_percentile``: mean rank by popularity of the shown items, 1 for the most popular.
    """
    shown = ranked[:, :GOLDEN_ITEMS]
    order = np.argsort(np.argsort(catalogue.popularity, kind="stable"), kind="stable")
    return {
        "coverage@10": len(np.unique(shown)) / len(catalogue),
        "popularity_percentile@10": float(order[shown].mean() / max(1, len(catalogue) - 1)),
    }


def group_metrics(
    ranked: NDArray[np.int64], cases: Sequence[Case], dataset: str, precision: str
) -> list[Metric]:
    """Figures by how many events a user's history has."""
    found = []
    for least, most, name in GROUPS:
        rows = [row for row, case in enumerate(cases) if least <= case.events <= most]
        if rows:
            values = ranking_metrics(ranked[rows], [cases[row] for row in rows])
            found.append(_metric(f"{dataset}, {name}", precision, len(rows), values))
    return found


def _metric(dataset: str, precision: str, rows: int, values: Mapping[str, float]) -> Metric:
    rounded = {name: round(value, 4) for name, value in values.items()}
    return Metric(dataset=dataset, split="test", precision=precision, rows=rows, values=rounded)


def check_gate(same: float, fp32: Mapping[str, float], int8: Mapping[str, float]) -> None:
    """Refuse an int8 model that is worse than its fp32 one.

    Raises:
        GateError: the ten best items differ too often, or NDCG@10 falls by too much.
    """
    if same < LEAST_OVERLAP:
        raise GateError(
            f"int8 shares {same:.1%} of the ten best items with fp32 (at least "
            f"{LEAST_OVERLAP:.0%}). Train longer, or with more weight decay."
        )
    loss = fp32["ndcg@10"] - int8["ndcg@10"]
    if loss > MOST_LOSS:
        raise GateError(f"int8 loses {loss:.4f} of NDCG@10 (at most {MOST_LOSS}).")


def _golden(model: RecommendationModel, cases: Sequence[Events]) -> Golden:
    inputs, outputs = [], []
    for events in cases:
        states, items, added = model.encode([events])
        feeds = model.ranking(states) | {"item_ids": items, "added": added}
        scores, rows = model.top(feeds, GOLDEN_ITEMS)
        inputs.append([list(column) for column in events.columns])
        outputs.append(
            [
                [model.catalogue.ids[row], round(float(score), 4)]
                for score, row in zip(scores[0], rows[0], strict=True)
            ]
        )
    return Golden(tolerance=GOLDEN_TOLERANCE, inputs=tuple(inputs), outputs=tuple(outputs))


def publish(
    model: SequenceModel, data: Interactions, parts: Split, facts: Facts, out: Path, card: Path
) -> ModelSpec:
    """Export, compare int8 with fp32 and with simple counts, and put the folder in its place.

    Raises:
        GateError: the int8 model is not faithful; nothing was published.
    """
    items = len(data.catalogue)
    counts = np.bincount(np.concatenate([h.items for h in parts.refit]), minlength=items)
    catalogue = catalogue_of(data, counts)
    titles = catalogue.titles
    trained = model.vectors().detach().numpy()
    biases = model.bias.detach().numpy()
    vectors, filled = fill_cold(titles, trained, biases, catalogue.known)
    model.bias.data = model.bias.data.new_tensor(filled)
    name, cases = data.sources[0].name, parts.test
    timed = model.config.timed
    with tempfile.TemporaryDirectory() as scratch, folder_aside(out) as built:
        ranked = {}
        for precision, folder in (("fp32", Path(scratch) / "fp32"), ("int8", built)):
            spec = write_folder(
                model, vectors, data, catalogue, folder, facts, int8=precision == "int8"
            )
            served = RecommendationModel.load(folder)
            ranked[precision] = rankings(
                served_scorer(served, timed=timed), cases, exclude_seen=facts.exclude_seen
            )
        counted: tuple[tuple[str, Scorer], ...] = (
            ("popularity", popularity(parts.refit, items)),
            ("item-transition counts", transitions(parts.refit, items)),
            ("own frequency", own_frequency(parts.refit, items)),
        )
        for label, scorer in counted:
            ranked[label] = rankings(scorer, cases, exclude_seen=facts.exclude_seen)
        metrics = []
        for label, found in ranked.items():
            values = ranking_metrics(found, cases) | spread(found, catalogue)
            metrics.append(_metric(name, label, len(cases), values))
            print(f"{name}, {label}: {metrics[-1].values}")
        metrics += group_metrics(ranked["int8"], cases, name, "int8")
        same = overlap(ranked["fp32"], ranked["int8"])
        print(f"int8 shares {same:.2%} of the ten best items with fp32")
        check_gate(same, metrics[0].values, metrics[1].values)
        fidelity = Fidelity(
            dataset=f"{name}, ten best items",
            compared=len(cases) * GOLDEN_ITEMS,
            differing=round((1 - same) * len(cases) * GOLDEN_ITEMS),
            allowed_fraction=round(1 - LEAST_OVERLAP, 4),
        )
        golden = _golden(served, [events_of(case, timed=timed) for case in cases[:GOLDEN_CASES]])
        spec = spec.model_copy(
            update={"metrics": tuple(metrics), "fidelity": (fidelity,), "golden": golden}
        )
        write_spec(built, spec)
        previous = put_in_place(built, out)
    card.parent.mkdir(parents=True, exist_ok=True)
    card.write_text(model_card(spec, catalogue, CUTOFFS), encoding="utf-8")
    print(f"published {spec.identifier} at {out}, card {card}")
    if previous:
        print(f"the former model is at {previous}; to restore it: mv {previous} {out}")
    return spec
