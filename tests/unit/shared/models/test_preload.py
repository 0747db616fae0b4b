"""Model files that are read before the spec is."""

import importlib
import shutil
import sys
from functools import partial

import pytest

from shared.errors import ModelAltered, ModelMissing
from shared.models import preload
from shared.models.folder import hash_file
from shared.models.onnx import OnnxModel
from shared.models.spec import read_spec
from shared.settings import get_settings


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A copy of the intent model, which the settings name."""
    copied = shutil.copytree(get_settings().model_dir("intent"), tmp_path / "intent")
    monkeypatch.setenv("INTENT_MODEL_DIR", str(copied))
    get_settings.cache_clear()
    yield copied
    preload._begun.clear()


def test_what_was_begun_is_given_once(folder):
    preload.begin("intent")
    begun = preload.take(folder, 1)
    assert begun.session() is begun.session()
    assert begun.tokenizer() is begun.tokenizer()
    later = preload.take(folder, 1)
    assert later.session() is not begun.session()


def test_hashes_are_those_of_the_files_that_the_spec_names(folder):
    preload.begin("intent")
    hashes = preload.take(folder, 1).hashes
    assert set(hashes) == set(read_spec(folder).files)
    assert all(given() == hash_file(folder / name) for name, given in hashes.items())


def test_a_file_that_was_altered_before_is_refused(folder):
    (folder / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes() + b"\n")
    preload.begin("intent")
    with pytest.raises(ModelAltered, match="tokenizer"):
        OnnxModel.load(folder)


def test_after_a_refusal_the_files_are_read_again(folder):
    good = (folder / "tokenizer.json").read_bytes()
    (folder / "tokenizer.json").write_bytes(good + b"\n")
    preload.begin("intent")
    with pytest.raises(ModelAltered):
        OnnxModel.load(folder)
    (folder / "tokenizer.json").write_bytes(good)
    assert OnnxModel.load(folder).spec.task == "intent"


def test_nothing_is_begun_where_there_is_no_model(folder):
    shutil.rmtree(folder)
    preload.begin("intent")
    assert not preload._begun


def test_nothing_is_begun_of_a_model_in_s3(monkeypatch):
    monkeypatch.setenv("INTENT_MODEL_DIR", "s3://bucket/models/intent")
    get_settings.cache_clear()
    preload.begin("intent")
    assert not preload._begun


def test_of_several_graphs_none_is_opened_early(monkeypatch):
    """Which tables they need is for their service to know."""
    monkeypatch.delenv("TRANSLATION_MODEL_DIR", raising=False)
    get_settings.cache_clear()
    preload.begin("translation")
    (begun,) = preload._begun.values()
    preload._begun.clear()
    assert isinstance(begun.session, partial)
    assert not isinstance(begun.tokenizer, partial)


# What a service's module, imported under this name, finds and is asked for.
MODULE = """
from shared.errors import ModelMissing
from shared.models import preload

begun = list(preload._begun)
loaded = []

def load():
    loaded.append(1)
    return "service"

def fail():
    raise ModelMissing("There is no model.")
"""


@pytest.fixture
def service_module(monkeypatch, tmp_path):
    (tmp_path / "preloaded_service.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield partial(importlib.import_module, "preloaded_service")
    sys.modules.pop("preloaded_service", None)


def test_files_are_begun_before_the_service_is_imported_and_loaded(folder, service_module):
    wait_until_loaded = preload.preload("intent", "preloaded_service:load")
    assert service_module().begun == [folder]
    assert [wait_until_loaded(), wait_until_loaded()] == ["service", "service"]
    assert service_module().loaded == [1]


def test_a_service_that_cannot_be_loaded_is_told_to_who_waits(folder, service_module):
    wait_until_loaded = preload.preload("intent", "preloaded_service:fail")
    with pytest.raises(ModelMissing):
        wait_until_loaded()
