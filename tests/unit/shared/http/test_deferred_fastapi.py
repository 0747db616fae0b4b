"""FastAPI without the models of its OpenAPI document."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[4]
SERVICES = ("intent", "recommendation", "translation")
# Which of the document's models were built when the entry is ready, and when it was asked for it.
BUILT = """
import json, sys
from importlib import import_module

app = import_module(f"functions.{sys.argv[1]}.api").app.whole
from fastapi.openapi.models import Info, OpenAPI

before = [model.__pydantic_complete__ for model in (Info, OpenAPI)]
document = app.openapi()
print(json.dumps([before, OpenAPI.__pydantic_complete__, sorted(document["paths"])]))
"""


@pytest.mark.parametrize("service", SERVICES)
def test_the_documents_models_are_built_when_it_is_asked_for(service):
    command = [sys.executable, "-c", BUILT, service]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    before, after, paths = json.loads(done.stdout.splitlines()[-1])
    assert before == [False, False]
    assert after
    assert f"/v1/{service}/health/live" in paths


def test_models_that_are_made_later_are_built_at_once():
    import shared.http.deferred_fastapi  # noqa: F401

    class Later(BaseModel):
        number: int

    assert Later.__pydantic_complete__
    assert "defer_build" not in BaseModel.model_config


def test_all_modules_take_fastapi_from_there():
    """Whichever imports it first decides how it is imported."""
    own = [
        path
        for folder in ("functions", "local", "shared")
        for path in (ROOT / folder).rglob("*.py")
    ]
    importing = [
        str(path.relative_to(ROOT))
        for path in own
        if any(
            line.lstrip().startswith(("from fastapi", "import fastapi"))
            for line in path.read_text(encoding="utf-8").splitlines()
        )
    ]
    assert importing == ["shared/http/deferred_fastapi.py"]
