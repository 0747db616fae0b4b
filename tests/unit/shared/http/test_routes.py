import pytest
from fastapi.testclient import TestClient

from shared.http.app import HttpApp
from shared.models.folder import PREVIOUS_SUFFIX
from shared.models.spec import read_spec, write_spec
from shared.operations import Service
from shared.settings import get_settings


@pytest.fixture
def put(tmp_path):
    """Puts a spec into a folder, which also becomes its name."""
    spec = read_spec(get_settings().model_dir("intent"))

    def write(path):
        (tmp_path / path).mkdir(parents=True)
        write_spec(tmp_path / path, spec.model_copy(update={"name": path}))

    return write


@pytest.fixture
def get(monkeypatch, tmp_path):
    """The answer of a service to GET /v1/models."""

    def answer(service, **variables):
        for name, value in {"MODELS_DIR": tmp_path / "models", **variables}.items():
            monkeypatch.setenv(name, str(value))
        get_settings.cache_clear()
        app = HttpApp(Service(service, "test", "", object, ()))
        return TestClient(app).get("/v1/models").json()

    return answer


def names(answer):
    return [card["name"] for card in answer["models"]]


def test_a_service_lists_its_own_models_first(put, get):
    for path in ("models/a", "models/b/one", "models/b/two", f"models/b{PREVIOUS_SUFFIX}/one"):
        put(path)
    assert names(get("b")) == ["models/b/one", "models/b/two", "models/a"]
    assert names(get("a")) == ["models/a", "models/b/one", "models/b/two"]


def test_a_setting_replaces_the_models_of_its_service(put, get, tmp_path):
    for path in ("models/a", "models/b/one", "mine/three", "mine/four"):
        put(path)
    mine = tmp_path / "mine"
    assert names(get("a", B_MODEL_DIR=mine)) == ["models/a", "mine/four", "mine/three"]
    assert names(get("b", B_MODEL_DIR=mine / "four")) == ["mine/four", "models/a"]


def test_another_services_missing_models_are_not_listed(put, get, tmp_path):
    put("models/a")
    assert names(get("a", B_MODEL_DIR=tmp_path / "nowhere")) == ["models/a"]


def test_its_own_missing_model_is_reported(put, get):
    put(f"models/a{PREVIOUS_SUFFIX}")
    assert get("a")["type"].endswith("model-missing")
