"""Model files that are read before the spec is."""

import shutil
from functools import partial

import pytest

from shared import early
from shared.errors import ModelAltered
from shared.inference import OnnxModel
from shared.model_folder import hash_file
from shared.model_spec import read_spec
from shared.settings import get_settings


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A copy of the intent model, which the settings name."""
    copied = shutil.copytree(get_settings().model_dir("intent"), tmp_path / "intent")
    monkeypatch.setenv("INTENT_MODEL_DIR", str(copied))
    get_settings.cache_clear()
    yield copied
    early._begun.clear()


def test_what_was_begun_is_given_once(folder):
    early.begin("intent")
    begun = early.take(folder, 1)
    assert begun.session() is begun.session()
    assert begun.tokenizer() is begun.tokenizer()
    later = early.take(folder, 1)
    assert later.session() is not begun.session()


def test_hashes_are_those_of_the_files_that_the_spec_names(folder):
    early.begin("intent")
    hashes = early.take(folder, 1).hashes
    assert set(hashes) == set(read_spec(folder).files)
    assert all(given() == hash_file(folder / name) for name, given in hashes.items())


def test_a_file_that_was_altered_before_is_refused(folder):
    (folder / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes() + b"\n")
    early.begin("intent")
    with pytest.raises(ModelAltered, match="tokenizer"):
        OnnxModel.load(folder)


def test_after_a_refusal_the_files_are_read_again(folder):
    good = (folder / "tokenizer.json").read_bytes()
    (folder / "tokenizer.json").write_bytes(good + b"\n")
    early.begin("intent")
    with pytest.raises(ModelAltered):
        OnnxModel.load(folder)
    (folder / "tokenizer.json").write_bytes(good)
    assert OnnxModel.load(folder).spec.task == "intent"


def test_nothing_is_begun_where_there_is_no_model(folder):
    shutil.rmtree(folder)
    early.begin("intent")
    assert not early._begun


def test_nothing_is_begun_of_a_model_in_s3(monkeypatch):
    monkeypatch.setenv("INTENT_MODEL_DIR", "s3://bucket/models/intent")
    get_settings.cache_clear()
    early.begin("intent")
    assert not early._begun


def test_of_several_graphs_none_is_opened_early(monkeypatch):
    """Which tables they need is for their service to know."""
    monkeypatch.delenv("TRANSLATION_MODEL_DIR", raising=False)
    get_settings.cache_clear()
    early.begin("translation")
    (begun,) = early._begun.values()
    early._begun.clear()
    assert isinstance(begun.session, partial)
    assert not isinstance(begun.tokenizer, partial)
