import json

import pytest

from training.errors import DataError
from training.folders import check_out
from training.intent.__main__ import main
from training.intent.config import Options
from training.intent.examples import DataWarning
from training.intent.preflight import check_options, read_golden, read_labels


def test_labels_without_a_file_are_bare_names():
    assert [label.name for label in read_labels(None, ["a", "b"])] == ["a", "b"]


def test_labels_get_their_texts(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({"b": {"description": "B.", "examples": ["b?"]}}))
    assert read_labels(path, ["a", "b"])[1].examples == ("b?",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ("[]", "one JSON object"),
        ('{"a": "text"}', "each intent needs the form"),
        ('{"a": {"example": "x"}}', "each intent needs the form"),
    ],
)
def test_labels_of_another_shape_are_refused(tmp_path, content, message):
    path = tmp_path / "labels.json"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        read_labels(path, ["a"])


def test_texts_for_an_unknown_intent_are_warned_about(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text('{"typo": {"description": "x"}}')
    options = Options(labels=path, out=tmp_path / "out")
    with pytest.warns(DataWarning, match="typo"):
        check_options(options, ["a"])


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\xfd"])
def test_a_golden_file_without_text_is_refused(tmp_path, content):
    path = tmp_path / "golden.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"golden\.txt"):
        read_golden(path)


def test_a_folder_with_something_else_in_it_is_not_replaced(tmp_path):
    check_out(tmp_path / "new")
    check_out(tmp_path)
    (tmp_path / "thesis.doc").write_text("x")
    with pytest.raises(DataError, match="neither a model folder nor empty"):
        check_out(tmp_path)


def test_options_are_checked_before_torch_is_imported(tmp_path, capsys):
    data = tmp_path / "mine.csv"
    data.write_text("text,intent\n" + "".join(f"t{i},{'ab'[i % 2]}\n" for i in range(40)))
    out = ["--out", str(tmp_path / "out")]
    assert main(["--train", str(data), *out, "--labels", str(tmp_path / "no.json")]) == 2
    assert "no.json" in capsys.readouterr().err
    assert main(["--train", str(data), *out, "--golden", str(tmp_path / "no.txt")]) == 2
    assert "no.txt" in capsys.readouterr().err
