"""A served intent model whose graph is built anew."""

import shutil

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from tokenizers import Tokenizer

from shared.models.spec import Golden, describe_files, read_spec, write_spec
from shared.settings import get_settings
from training.intent.__main__ import main
from training.intent.export import Graph
from training.intent.graph import build, outline_in
from training.intent.numbers import numbers_in

pytestmark = pytest.mark.filterwarnings("default")
FILES = ["model.onnx", "tokenizer.json"]
TEXTS = ["where is my order", "ich will mein Geld zurück", "hi"]


@pytest.fixture
def served(tmp_path):
    """A copy of the served model with one golden example."""
    folder = shutil.copytree(get_settings().model_dir("intent"), tmp_path / "model")
    spec = read_spec(folder)
    golden = spec.golden.model_copy(
        update={"inputs": spec.golden.inputs[:1], "outputs": spec.golden.outputs[:1]}
    )
    write_spec(folder, spec.model_copy(update={"golden": golden}))
    return folder


def rewrite(folder, *more):
    return main(["rewrite", "--model", str(folder), *map(str, more)])


def altered(folder, change):
    """The folder with a graph that is changed, and a spec that agrees."""
    graph = onnx.load(folder / "model.onnx")
    change(graph)
    onnx.save(graph, folder / "model.onnx")
    spec = read_spec(folder)
    write_spec(folder, spec.model_copy(update={"files": describe_files(folder, FILES)}))


def test_the_served_graph_is_what_this_version_builds_of_its_numbers(served):
    graph = onnx.load(served / "model.onnx")
    again = build(numbers_in(graph), outline_in(graph))
    assert [(n.op_type, n.input, n.output) for n in again.graph.node] == [
        (n.op_type, n.input, n.output) for n in graph.graph.node
    ]


def test_a_rewritten_model_is_another_version_that_decides_the_same(served, tmp_path, capsys):
    # An earlier version's: FastGelu, which takes its bias, stands for what that built otherwise.
    def former(graph):
        for node in graph.graph.node:
            if node.op_type == "Gelu":
                name = f"{node.name}.none"
                graph.graph.initializer.append(numpy_helper.from_array(np.zeros(1536, "f"), name))
                del node.attribute[:]
                node.op_type, node.domain = "FastGelu", "com.microsoft"
                node.input.append(name)

    altered(served, former)
    before, out, test = read_spec(served), tmp_path / "again", tmp_path / "mine.tsv"
    test.write_text("".join(f"cancel_order\t{text}\n" for text in TEXTS), encoding="utf-8")
    assert rewrite(served, "--out", out, "--test", test) == 0
    assert "mine.tsv: 0 of 3 decided otherwise" in capsys.readouterr().out
    again = read_spec(out)
    assert again.version != before.version
    assert again.model_copy(update={"version": "", "files": {}}) == before.model_copy(
        update={"version": "", "files": {}}
    )
    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    old, new = (
        Graph(folder / "model.onnx", tokenizer).logits(TEXTS, 128) for folder in (served, out)
    )
    assert np.allclose(old, new, atol=1e-3)
    assert again.version in (out / "README.md").read_text(encoding="utf-8")


def test_a_golden_example_that_comes_out_otherwise_stops_it(served, capsys):
    spec = read_spec(served)
    wrong = tuple(value + 1 for value in spec.golden.outputs[0])
    golden = Golden(tolerance=0.25, inputs=spec.golden.inputs, outputs=(wrong,))
    write_spec(served, spec.model_copy(update={"golden": golden}))
    before = (served / "model.onnx").stat().st_mtime_ns
    assert rewrite(served) == 3
    assert "depart by 1.0" in capsys.readouterr().err
    assert (served / "model.onnx").stat().st_mtime_ns == before


def test_what_was_not_built_node_by_node_is_refused(served, tmp_path, capsys):
    assert rewrite(tmp_path / "none") == 2
    assert rewrite(get_settings().model_dir("recommendation")) == 2
    assert "only intent models" in capsys.readouterr().err

    def traced(graph):
        del graph.graph.node[:]
        graph.graph.node.append(helper.make_node("Identity", ["input_ids"], ["logits"]))

    altered(served, traced)
    assert rewrite(served) == 2
    assert "train it again" in capsys.readouterr().err
