"""A model for a shop that has items and no events yet: like texts are like items.

The served graphs are those of every model, with weights that are set instead of trained: a state is
the mean direction of what was seen, the newest counting most, and a score is the cosine of an
item's text with it.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from torch import nn

from functions.recommendation.model import RecommendationModel
from shared.models.spec import ModelSpec, read_spec, write_spec
from training.errors import DataError
from training.folders import folder_aside, put_in_place
from training.published import Published
from training.recommendation.card import first_day_card
from training.recommendation.config import ModelConfig, Options
from training.recommendation.gate import LEAST_OVERLAP, equally_good, fidelity
from training.recommendation.interactions import Case, History, Interactions
from training.recommendation.measures import rankings
from training.recommendation.model import SequenceModel
from training.recommendation.publish import (
    GOLDEN_CASES,
    Facts,
    catalogue_of,
    golden_of,
    write_folder,
)
from training.recommendation.served import events_of, served_scorer
from training.recommendation.texts import base_of
from training.recommendation.titles import Texts

WIDTH = 128  # of the vectors: twice a trained model's, which need not hold every word
FADING = 0.1  # by which an event's attention logit falls with each event after it
GATE_CASES = 500


def text_vectors(texts: Texts, width: int) -> NDArray[np.float32]:
    """Vectors whose cosines are those of the texts' features, as nearly as the width allows.

    Args:
        texts: of N items.
        width: of the vectors.

    Returns:
        (N, width) float32 of length 1; 0 for an item without a word.
    """
    features = texts.features()
    kept = min(width, min(features.shape) - 1)
    found = np.zeros((features.shape[0], width), np.float32)
    if kept < 1:
        return found
    found[:, :kept] = TruncatedSVD(kept, random_state=0).fit_transform(features)
    sizes = np.linalg.norm(found, axis=1, keepdims=True)
    return np.divide(found, sizes, out=np.zeros_like(found), where=sizes > 1e-6)


@torch.no_grad()
def untrained(vectors: NDArray[np.float32], length: int) -> SequenceModel:
    """A model of set weights over item vectors.

    Args:
        vectors: (N, H) of length 1.
        length: most events that it looks at.
    """
    items, hidden = vectors.shape
    shape = ModelConfig(items, length, hidden, dropout=0.0, repeats=False, timed=False, typed=False)
    model = SequenceModel(shape).eval()
    for layer in (model.query, model.key, model.value, model.output, model.inner, model.outer):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    for layer in (model.value, model.output):
        nn.init.eye_(layer.weight)
    model.place_bias[:, 0] = -FADING * torch.arange(length)
    nn.init.constant_(model.norm.weight, hidden**-0.5)  # states of length 1
    model.item.weight[:-1] = torch.from_numpy(vectors)
    return model


def _cases(items: int) -> list[Case]:
    """Shoppers who saw one item each, spread over the catalogue."""
    rows = np.unique(np.linspace(0, items - 1, min(items, GATE_CASES)).astype(np.int64))
    return [
        Case(History(np.array([row]), np.zeros(1, np.int64), np.zeros(1)), np.array([row]), 1.0)
        for row in rows
    ]


def publish_texts(data: Interactions, options: Options, name: str, out: Path) -> Published:
    """Make a model from a catalogue's texts and put its folder in place.

    Its vectors are in int8, where that is faithful to them.

    Raises:
        DataError: the catalogue has fewer than two items.
    """
    if len(data.catalogue) < 2:
        raise DataError(f"{data.sources[0].name} has fewer than two items: none is like another.")
    base = base_of(options.text_base)
    vectors = text_vectors(Texts.of(data.catalogue, base), WIDTH)
    facts = Facts(
        name=name,
        licence=options.licence or data.sources[0].licence,
        training={"command": options.made_by, "base_model": base, "events": 0},
        exclude_seen=True,
    )
    catalogue = catalogue_of(data, np.zeros(len(vectors), np.int64))
    model, cases = untrained(vectors, options.history), _cases(len(vectors))
    with tempfile.TemporaryDirectory() as scratch, folder_aside(out) as built:
        scorers = {}
        for precision, folder in {"fp32": Path(scratch) / "fp32", "int8": built}.items():
            int8 = precision == "int8"
            write_folder(model, vectors, data, catalogue, folder, facts, int8=int8)
            scorers[precision] = served_scorer(RecommendationModel.load(folder), timed=False)
        ranked = rankings(scorers["int8"], cases, exclude_seen=True)
        same = equally_good(scorers["fp32"], cases, ranked)
        print(f"of the ten best by int8 {same:.2%} are as good by fp32")
        if same < LEAST_OVERLAP:  # many items that are nearly alike
            print(f"that is less than {LEAST_OVERLAP:.0%}: the vectors stay in fp32")
            write_folder(model, vectors, data, catalogue, built, facts, int8=False)
            same = 1.0
        spec = _with_figures(built, same, cases, data.sources[0].name)
        previous = put_in_place(built, out)
    card = options.card or out / "README.md"
    return Published(out, card, spec, previous).with_card(first_day_card(spec, catalogue))


def _with_figures(folder: Path, same: float, cases: list[Case], dataset: str) -> ModelSpec:
    """The spec with what was measured: how faithful int8 is, and golden examples."""
    examples = [events_of(case, timed=False) for case in cases[:GOLDEN_CASES]]
    figures = {
        "fidelity": (fidelity(same, len(cases), f"{dataset}, one item seen"),),
        "golden": golden_of(RecommendationModel.load(folder), examples),
    }
    return write_spec(folder, read_spec(folder).model_copy(update=figures))
