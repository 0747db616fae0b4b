import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.settings import get_settings
from shared.store import get_result_store


@pytest.fixture(autouse=True)
def results_db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A result store of the test's own, and settings without the machine's environment."""
    model_dirs = [name for name in os.environ if name.endswith("_MODEL_DIR")]
    for name in ("RESULTS_TABLE", "MODELS_DIR", "AWS_LAMBDA_FUNCTION_NAME", *model_dirs):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "results.db"
    monkeypatch.setenv("RESULTS_DB", str(path))
    get_settings.cache_clear()
    get_result_store.cache_clear()
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
