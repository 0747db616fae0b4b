import json
import shutil

import pytest

from shared.errors import ModelAltered, ModelMissing
from shared.models.onnx import OnnxModel
from shared.models.spec import ModelSpec, describe_files, read_spec, verify_files, write_spec
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
    assert describe_files(folder, list(spec.files)) == spec.files
    assert spec.digest.startswith(spec.version)
    assert len(spec.version) == 12


def test_a_label_a_limit_or_a_threshold_that_was_changed_is_refused(folder):
    raw = json.loads((folder / "spec.json").read_text())
    renamed = [raw["labels"][1] | {"name": raw["labels"][0]["name"]}, *raw["labels"][1:]]
    for change in (
        {"labels": renamed},
        {"limits": {"tokens": 64}},
        {"parameters": raw["parameters"] | {"threshold": 0.0}},
        {"licence": "another"},
    ):
        (folder / "spec.json").write_text(json.dumps(raw | change))
        with pytest.raises(ModelAltered, match="was changed after it was published"):
            read_spec(folder)


def test_what_is_written_has_the_version_of_its_content(folder):
    spec = read_spec(folder)
    other = write_spec(folder, spec.model_copy(update={"limits": {"tokens": 64}}))
    assert other.version != spec.version
    assert read_spec(folder) == other


def test_a_field_that_a_later_version_adds_changes_no_digest(folder):
    class Later(ModelSpec):
        added: tuple[str, ...] = ()

    spec = read_spec(folder)
    later = Later.model_validate_json((folder / "spec.json").read_bytes())
    assert later.digest == spec.digest


def test_an_earlier_format_is_refused_with_the_command_that_mends_it(folder):
    raw = json.loads((folder / "spec.json").read_text())
    (folder / "spec.json").write_text(json.dumps(raw | {"format": 1}))
    with pytest.raises(ModelAltered, match=r"python -m local\.seal_model"):
        read_spec(folder)


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
    assert total <= 30_000_000
