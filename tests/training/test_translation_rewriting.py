"""A served model whose graphs are built anew."""

import shutil

import pytest

from functions.translation.engine import Engine
from functions.translation.translator import Sentence
from shared.models.spec import Golden, Metric, describe_files, read_spec, write_spec
from shared.settings import get_settings
from training.translation.__main__ import main
from training.translation.folder import FILES

pytestmark = pytest.mark.filterwarnings("default")

PAIRS = ["Where is my order?\tWo ist meine Bestellung?", "Hello!\tHallo!"]


@pytest.fixture
def served(tmp_path):
    """A copy of a served model with one golden example."""
    whole = get_settings().model_dir("translation") / "en-de-fr-es"
    folder = shutil.copytree(whole, tmp_path / "model")
    spec = read_spec(folder)
    golden = Golden(tolerance=0, inputs=spec.golden.inputs[:1], outputs=spec.golden.outputs[:1])
    write_spec(folder, spec.model_copy(update={"golden": golden}))
    return folder


def rewrite(folder, *more):
    return main(["rewrite", "--model", str(folder), *map(str, more)])


def translated(folder):
    return Engine(folder, 1).translate(("en", "de"), [Sentence(PAIRS[0].split("\t")[0])], 4, 4)


def test_a_rewritten_model_is_another_version_with_the_same_translations(served, tmp_path):
    (served / "search.onnx").write_bytes((served / "search.onnx").read_bytes() + b"\n\x00")
    spec = read_spec(served)
    files = describe_files(served, FILES)
    version = write_spec(served, spec.model_copy(update={"files": files})).version
    out = tmp_path / "again"
    assert rewrite(served, "--out", out) == 0
    again = read_spec(out)
    assert again.version == spec.version != version
    assert again.model_copy(update={"version": version, "files": files}) == read_spec(served)
    assert translated(out) == translated(served)
    assert again.version in (out / "README.md").read_text()


def test_figures_are_measured_again_where_there_is_a_set_for_them(served, tmp_path):
    test = tmp_path / "mine.en-de.tsv"
    test.write_text("\n".join(PAIRS) + "\n")
    spec = read_spec(served)
    wrong = {"bleu": 1.0, "chrf": 1.0}
    stated = [
        Metric(dataset=name, split="tuning", precision=precision, rows=2, values=wrong)
        for name in ("mine en-de, greedy", "mine en-de, beam 4", "theirs en-de, greedy")
        for precision in ("fp32", "int8")
    ]
    write_spec(served, spec.model_copy(update={"metrics": tuple(stated)}))
    assert rewrite(served, "--test", test) == 0
    found = {(m.dataset, m.precision): m.values for m in read_spec(served).metrics}
    assert found["mine en-de, greedy", "int8"]["chrf"] > 90
    assert found["mine en-de, beam 4", "int8"]["chrf"] > 90
    assert [values for key, values in found.items() if key[1] == "fp32"] == [wrong] * 3
    assert found["theirs en-de, greedy", "int8"] == wrong


def test_a_golden_example_that_comes_out_otherwise_stops_it(served, capsys):
    spec = read_spec(served)
    golden = spec.golden.model_copy(update={"outputs": ("Etwas anderes.",)})
    write_spec(served, spec.model_copy(update={"golden": golden}))
    before = (served / "encoder.onnx").stat().st_mtime_ns
    assert rewrite(served) == 3
    assert "Etwas anderes." in capsys.readouterr().err
    assert (served / "encoder.onnx").stat().st_mtime_ns == before


def test_what_is_no_translation_model_is_refused(served, tmp_path, capsys):
    assert rewrite(tmp_path / "none") == 2
    assert "none" in capsys.readouterr().err
    assert rewrite(get_settings().model_dir("intent")) == 2
    assert "only translation models" in capsys.readouterr().err
    (served / "tables.npz").write_bytes(b"other")
    assert rewrite(served) == 2
    assert "tables.npz" in capsys.readouterr().err


def test_a_place_that_holds_something_else_is_left_alone(served, tmp_path, capsys):
    other = tmp_path / "notes"
    other.mkdir()
    (other / "mine.txt").write_text("keep")
    assert rewrite(served, "--out", other) == 2
    assert "neither a model folder nor empty" in capsys.readouterr().err
    assert (other / "mine.txt").read_text() == "keep"


def test_a_rewritten_model_may_use_the_dictionary_or_do_without_it(served, tmp_path):
    weight = tmp_path / "with"
    assert rewrite(served, "--out", weight, "--dictionary-weight", 2.5) == 0
    assert read_spec(weight).parameters["dictionary_weight"] == 2.5
    assert rewrite(weight) == 0  # as it is
    assert read_spec(weight).parameters["dictionary_weight"] == 2.5
    assert rewrite(weight, "--dictionary-weight", 0) == 0
    assert "dictionary_weight" not in read_spec(weight).parameters


@pytest.mark.parametrize("weight", ["50", "-1", "much", "nan"])
def test_a_weight_that_leaves_the_model_no_say_is_refused(served, capsys, weight):
    with pytest.raises(SystemExit) as refused:
        rewrite(served, f"--dictionary-weight={weight}")
    assert refused.value.code == 2
    assert f"{weight} is no number from 0 to 10" in capsys.readouterr().err
