"""The heads for denied wishes and tokens: the same from torch to int8, and published."""

from pathlib import Path

import numpy as np
import pytest
import torch

from functions.intent import sequence
from functions.intent.schemas import IntentRequest
from functions.intent.service import IntentService
from functions.intent.tags import spelled
from shared.models.onnx import OnnxModel
from shared.models.spec import read_spec
from training.intent.__main__ import main
from training.intent.batches import collate, encode
from training.intent.export import Graph, to_fused_fp32
from training.intent.model import load_base
from training.intent.quantize import quantize

from .conftest import FILLERS, WORDS, sentences

pytestmark = pytest.mark.filterwarnings("default")
MAX_TOKENS = 32
TEXTS = [text for intent in WORDS for text in sentences(intent)]


@pytest.fixture(scope="module", params=[False, True], ids=["unit length", "centred"])
def model(base: Path, request: pytest.FixtureRequest):
    classifier, tokenizer = load_base(str(base), list(WORDS), ("color", "size"), denies=True)
    classifier.config.centred = request.param
    torch.manual_seed(1)
    for name in ("pooled", "token"):
        getattr(classifier, f"{name}_mean").normal_()
        getattr(classifier, f"{name}_deviation").uniform_(0.5, 2.0)
    return classifier.eval(), tokenizer


def test_every_head_of_the_graphs_gives_what_torch_gives(model, tmp_path):
    classifier, tokenizer = model
    fp32 = to_fused_fp32(classifier)
    path = tmp_path / "int8.onnx"
    quantize(classifier, fp32, TEXTS, tokenizer, MAX_TOKENS, path)
    ids = encode(tokenizer, TEXTS, MAX_TOKENS)
    batch = collate(ids, [0] * len(ids), torch.device("cpu"))
    with torch.inference_mode():
        expected = classifier(batch.input_ids, batch.attention_mask)
    for graph, most in ((Graph(fp32, tokenizer), 1e-3), (Graph(path, tokenizer), 0.08)):
        answers = graph.answers(TEXTS, MAX_TOKENS)
        for name in ("logits", "denied"):
            found = np.stack([answer.outputs[name] for answer in answers])
            wanted = expected[name].numpy()
            assert np.linalg.norm(found - wanted) <= most * np.linalg.norm(wanted)
        for row, answer in enumerate(answers):
            places = spelled(tokenizer.encode(TEXTS[row]).offsets)
            assert len(places) == len(answer.offsets) == len(ids[row]) - 2  # [CLS] and [SEP]
            wanted = expected["tokens"][row, places].numpy()
            error = np.linalg.norm(answer.outputs["tokens"] - wanted)
            assert error <= most * np.linalg.norm(wanted)


@pytest.fixture(scope="module")
def published(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of marked texts: the filler before a word is its place, and one intent is denied."""
    folder = tmp_path_factory.mktemp("marked")
    lines = []
    for intent in WORDS:
        for text in sentences(intent):
            first, filler, last = text.split()
            lines.append(f"{first} [{filler}](place) {last},{intent}")
    lines += [f"now now {a} {b},denied:track_order" for a in FILLERS for b in FILLERS]
    data = folder / "marked.csv"
    data.write_text("\n".join(["text,intent", *lines]) + "\n", encoding="utf-8")
    out = folder / "model"
    command = ["--train", str(data), "--base", str(base), "--out", str(out), "--epochs", "12"]
    assert main([*command, "--work-dir", str(folder / "work"), "--languages", ""]) == 0
    return out


def test_a_csv_with_marks_becomes_a_model_that_marks(published):
    spec = read_spec(published)
    assert spec.parameters["slots"] == "place"
    assert 0 < spec.parameters["denied"] < 1
    figures = [metric.values for metric in spec.metrics if metric.precision == "int8"]
    assert 0 <= figures[0]["slot_f1"] <= 1
    assert 0.5 <= spec.parameters["two_wishes"] <= 1


@pytest.fixture
def unsure(monkeypatch: pytest.MonkeyPatch):
    """Slots of a model that learned for seconds, which is not sure of them, are told too."""
    sequence._costs.cache_clear()
    monkeypatch.setattr(sequence, "START", 0.0)
    yield
    sequence._costs.cache_clear()


@pytest.mark.usefixtures("unsure")
def test_the_served_model_marks_slots_in_characters_of_the_text(published):
    service = IntentService(OnnxModel.load(published))
    texts = [f"😀 {text}, courier" for text in TEXTS[:60]]
    (outcome,) = service.classify([IntentRequest(texts=texts)])
    found = [
        (text, slot) for text, r in zip(texts, outcome.results, strict=True) for slot in r.slots
    ]
    assert found
    assert {slot.name for _, slot in found} == {"place"}
    assert all(text[slot.start : slot.end] == slot.text != "" for text, slot in found)
