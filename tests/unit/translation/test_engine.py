import shutil

import pytest

from functions.translation.engine import Engine
from functions.translation.schemas import TranslateRequest, TranslateResponse
from functions.translation.service import TranslationService
from shared.errors import InvalidRequest, ModelAltered, ModelMissing
from shared.models.folder import model_folders
from shared.models.spec import read_spec, write_spec
from shared.settings import get_settings
from tests.by_english import FROM_ENGLISH, two_models

NAME = "en-de-fr-es"


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(get_settings().model_dir("translation") / NAME, tmp_path / NAME)


def altered_byte(folder):
    content = bytearray((folder / "decoder.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "decoder.onnx").write_bytes(content)


def wrong_task(folder):
    write_spec(folder, read_spec(folder).model_copy(update={"task": "intent"}))


def tampered_golden(folder):
    spec = read_spec(folder)
    golden = spec.golden.model_copy(update={"outputs": ("Wo?", *spec.golden.outputs[1:])})
    write_spec(folder, spec.model_copy(update={"golden": golden}))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda folder: None, None, None),
        (altered_byte, ModelAltered, r"decoder\.onnx"),
        (wrong_task, ModelAltered, "intent"),
        (tampered_golden, ModelAltered, "golden"),
        (lambda folder: (folder / "tables.npz").unlink(), ModelMissing, r"tables\.npz"),
        (lambda folder: (folder / "spec.json").unlink(), ModelMissing, r"spec\.json"),
        (shutil.rmtree, ModelMissing, "No model"),
    ],
)
def test_a_model_that_is_not_what_its_spec_states_is_refused(change, error, message, folder):
    change(folder)
    if error is None:
        TranslationService(Engine(folder.parent, 1)).make_ready()
        return
    with pytest.raises(error, match=message):
        TranslationService(Engine(folder.parent, 1)).make_ready()


def test_a_replaced_model_is_not_served(folder):
    shutil.copytree(folder, folder.with_name(f"{NAME}.previous"))
    assert model_folders(folder.parent) == {NAME: folder} == model_folders(folder)


def test_a_deployment_with_one_model_refuses_the_pairs_of_the_other(tmp_path):
    service = TranslationService(Engine(two_models(tmp_path) / FROM_ENGLISH, 1))
    ask = {"text": "Where is my order?", "target": "de"}
    ok, pair = service.translate(
        [TranslateRequest(**ask, source="en"), TranslateRequest(**ask, source="de")]
    )
    assert isinstance(ok, TranslateResponse)
    assert ok.translations[0].text == "Wo ist meine Bestellung?"
    assert isinstance(pair, InvalidRequest)
