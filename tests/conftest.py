import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.settings import get_settings
from shared.store import get_result_store


@pytest.fixture(autouse=True)
def results_db(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stores of the test's own, and settings without the machine's environment."""
    model_dirs = [name for name in os.environ if name.endswith("_MODEL_DIR")]
    tables = ("RESULTS_TABLE", "HISTORY_TABLE")
    for name in (*tables, "MODELS_DIR", "AWS_LAMBDA_FUNCTION_NAME", *model_dirs):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path_factory.mktemp("stores")  # not tmp_path, which tests expect to be empty
    path = folder / "results.db"
    monkeypatch.setenv("RESULTS_DB", str(path))
    monkeypatch.setenv("HISTORY_DB", str(folder / "history.db"))
    get_settings.cache_clear()
    get_result_store.cache_clear()
    if history := sys.modules.get("functions.recommendation.history"):
        history.get_history_store.cache_clear()
        service = sys.modules.get("functions.recommendation.service")
        if service and service.get_service.cache_info().currsize:  # it was given another test's
            store = history.get_history_store()
            monkeypatch.setattr(service.get_service(), "_store", store)
    return path


class LambdaContext:
    aws_request_id = "00000000-0000-4000-8000-00000000abcd"
    function_name = "test"
    memory_limit_in_mb = 1024

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


@pytest.fixture
def context() -> LambdaContext:
    return LambdaContext()


@pytest.fixture
def handler() -> Callable[[str], Callable[[dict[str, Any], Any], dict[str, Any]]]:
    def find(path: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
        module, name = path.rsplit(".", 1)
        return getattr(importlib.import_module(module), name)

    return find
