import shutil

import pytest

from functions.intent.service import IntentService
from functions.recommendation.service import RecommendationService
from functions.translation.engine import Engine
from local import model_pin
from shared.errors import ModelAltered
from shared.models.folder import model_folders
from shared.models.onnx import OnnxModel
from shared.models.pins import check_pinned
from shared.models.spec import read_spec, write_spec
from shared.settings import from_env, get_settings
from tests.by_english import two_models


@pytest.fixture
def pinned(monkeypatch):
    """Names the models that a service may serve."""

    def pin(service, version):
        monkeypatch.setenv(f"{service.upper()}_MODEL_VERSION", version)
        get_settings.cache_clear()

    yield pin
    monkeypatch.undo()
    get_settings.cache_clear()


def test_a_swapped_model_is_refused_however_consistent_it_is(pinned, tmp_path):
    folder = shutil.copytree(get_settings().model_dir("intent"), tmp_path / "model")
    spec = read_spec(folder)
    pinned("intent", spec.digest)
    IntentService(OnnxModel.load(folder))
    names = [label.name for label in spec.labels]
    swapped = [
        label.model_copy(update={"name": name})
        for label, name in zip(spec.labels, [names[1], names[0], *names[2:]], strict=True)
    ]
    write_spec(folder, spec.model_copy(update={"labels": tuple(swapped)}))
    with pytest.raises(ModelAltered, match="may not serve"):
        IntentService(OnnxModel.load(folder))


def test_a_version_as_answers_name_it_is_a_pin(pinned):
    spec = read_spec(get_settings().model_dir("intent"))
    pinned("intent", spec.version)
    check_pinned("intent", [spec])
    pinned("intent", "0" * 12)
    with pytest.raises(ModelAltered, match=r"000.*INTENT_MODEL_VERSION"):
        check_pinned("intent", [spec])


def test_one_pin_names_all_models_of_a_service(pinned, tmp_path, capsys):
    folder = two_models(tmp_path / "models")
    assert model_pin.main([str(folder)]) == 0
    pinned("translation", capsys.readouterr().out.strip()[:24])
    engine = Engine(folder, 1)
    engine.open_first()
    last = list(model_folders(folder).values())[-1]
    write_spec(last, read_spec(last).model_copy(update={"limits": {"tokens": 64}}))
    with pytest.raises(ModelAltered, match="may not serve"):
        engine.open_all()  # swapped since the process started
    with pytest.raises(ModelAltered, match="may not serve"):
        Engine(folder, 1)


def test_recommendation_has_pins_too(pinned):
    from functions.recommendation.model import RecommendationModel

    pinned("recommendation", "0" * 64)
    model = RecommendationModel.load(get_settings().model_dir("recommendation"))
    with pytest.raises(ModelAltered, match="may not serve"):
        RecommendationService(model, None)


@pytest.mark.parametrize("pin", ["latest", "0" * 11, "0" * 65, "b74eea3d17cg"])
def test_what_can_be_no_version_is_refused(pin):
    with pytest.raises(ValueError, match=r"INTENT_MODEL_VERSION.*hex digits"):
        from_env({"INTENT_MODEL_VERSION": pin})


def test_without_a_pin_any_model_may_be_served():
    assert from_env({"INTENT_MODEL_VERSION": " "}).model_pins == {}
    assert from_env({"INTENT_MODEL_VERSION": "A" * 12}).model_pins == {"intent": "a" * 12}
