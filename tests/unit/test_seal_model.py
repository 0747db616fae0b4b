"""Models of format 1, whose version covers the files alone, in the format of today."""

import json

import pytest

from local import seal_model
from shared.errors import ModelAltered
from shared.models.spec import read_spec
from tests.small_models import small_model


@pytest.fixture
def former(tmp_path):
    """A folder as format 1 has it."""
    folder = tmp_path / "model"
    spec = small_model(folder)
    raw = json.loads((folder / "spec.json").read_text())
    version = seal_model._version_of_files(spec)
    (folder / "spec.json").write_text(json.dumps(raw | {"format": 1, "version": version}))
    return folder, version


def test_a_former_model_is_sealed_once(former, tmp_path, capsys):
    folder, version = former
    with pytest.raises(ModelAltered):
        read_spec(folder)
    text, other = tmp_path / "README.md", tmp_path / "OTHER.md"
    text.write_text(f"intent@{version} answers")
    other.write_text("nothing")
    mentions = ["--mentions", str(text), str(other)]
    assert seal_model.main([str(folder), *mentions]) == 0
    spec = read_spec(folder)
    assert text.read_text() == f"intent@{spec.version} answers"
    assert other.read_text() == "nothing"
    assert spec.digest in "".join(capsys.readouterr().err.split())
    before = (folder / "spec.json").read_bytes()
    assert seal_model.main([str(folder)]) == 0
    assert (folder / "spec.json").read_bytes() == before


def test_a_former_model_that_was_altered_is_not_sealed(former, capsys):
    folder, _ = former
    (folder / "weights.bin").write_bytes(b"other")
    assert seal_model.main([str(folder)]) == 2
    raw = json.loads((folder / "spec.json").read_text())
    (folder / "spec.json").write_text(json.dumps(raw | {"version": "0" * 12}))
    assert seal_model.main([str(folder)]) == 2
    assert "it was changed" in capsys.readouterr().err


def test_what_is_no_spec_is_refused(tmp_path, capsys):
    (tmp_path / "spec.json").write_text("{}")
    assert seal_model.main([str(tmp_path)]) == 2
    assert "is no model spec" in capsys.readouterr().err
