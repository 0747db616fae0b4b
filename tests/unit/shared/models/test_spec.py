import hashlib
import json
import shutil

import pytest

from shared.errors import ModelAltered, ModelMissing
from shared.models.folder import PREVIOUS_SUFFIX, hash_file, model_folders
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


@pytest.mark.parametrize("size", [0, 1, 4_096, 1_000_003])
def test_a_file_of_any_size_is_hashed_as_a_whole(size, tmp_path):
    content = bytes(range(251)) * (size // 251 + 1)
    path = tmp_path / "file"
    path.write_bytes(content[:size])
    assert hash_file(path) == hashlib.sha256(content[:size]).hexdigest()


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


def _empty_models(root, *names):
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "spec.json").write_text("{}")


def test_a_folder_of_models_is_searched_at_any_depth_for_those_in_use(tmp_path):
    _empty_models(tmp_path, "b", "a/en-de", "a/de-en", "c/d/e")
    _empty_models(tmp_path, f"b{PREVIOUS_SUFFIX}", f"a{PREVIOUS_SUFFIX}/en-de", "a/.en-de-x1")
    (tmp_path / "empty").mkdir()
    names = ["a/de-en", "a/en-de", "b", "c/d/e"]
    assert model_folders(tmp_path) == {name: tmp_path / name for name in names}


def test_a_model_is_its_own_folder_of_models(tmp_path):
    _empty_models(tmp_path, "mine", "mine/checkpoint")
    assert model_folders(tmp_path / "mine") == {"mine": tmp_path / "mine"}


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_a_folder_without_models_is_named(name, tmp_path):
    with pytest.raises(ModelMissing, match=str(tmp_path / name)):
        model_folders(tmp_path / name)


def test_the_committed_model_keeps_its_size_budget():
    folder = get_settings().model_dir("intent")
    total = sum(path.stat().st_size for path in folder.iterdir())
    assert total <= 25_000_000
