import json
import shutil

import pytest

from shared.errors import ModelAltered, ModelMissing
from shared.models.onnx import OnnxModel
from shared.models.spec import describe_files, read_spec, verify_files, write_spec
from shared.settings import get_settings


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(get_settings().model_dir("intent"), tmp_path / "model")


def test_a_spec_survives_writing_and_reading(folder):
    spec = read_spec(folder)
    write_spec(folder, spec)
    assert read_spec(folder) == spec
    verify_files(folder, spec)


def test_the_version_is_the_content(folder):
    spec = read_spec(folder)
    assert describe_files(folder, list(spec.files)) == (spec.version, spec.files)


def test_a_flipped_byte_is_refused(folder):
    path = folder / "model.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelAltered, match=r"model\.onnx"):
        OnnxModel.load(folder)


def test_a_missing_file_is_named(folder):
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelMissing, match=r"tokenizer\.json"):
        OnnxModel.load(folder)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ModelMissing, match="nowhere"):
        OnnxModel.load(tmp_path / "nowhere")


def test_an_unknown_field_is_refused(folder):
    raw = json.loads((folder / "spec.json").read_text())
    (folder / "spec.json").write_text(json.dumps(raw | {"surprise": 1}))
    with pytest.raises(ModelAltered, match="surprise"):
        read_spec(folder)


def test_the_committed_model_keeps_its_size_budget():
    folder = get_settings().model_dir("intent")
    total = sum(path.stat().st_size for path in folder.iterdir())
    assert total <= 25_000_000
