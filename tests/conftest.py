import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.process.deadline import start_invocation
from shared.queue.queues import get_job_queue
from shared.settings import get_settings


@pytest.fixture(autouse=True)
def results_db(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stores of the test's own, and settings without the machine's environment."""
    model_dirs = [name for name in os.environ if name.endswith(("_MODEL_DIR", "_MODEL_VERSION"))]
    tables = ("RESULTS_TABLE", "RESULTS_BUCKET", "HISTORY_TABLE", "QUEUE_URL", "USER_CLAIM")
    translation = ("TRANSLATION_EXTRA_MODELS", "TRANSLATION_MEMORY_MB")
    models = ("MODELS_DIR", "MODEL_CACHE_DIR", "MODEL_CACHE_BYTES", *translation, *model_dirs)
    for name in (*tables, *models, "AWS_LAMBDA_FUNCTION_NAME"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path_factory.mktemp("stores")  # not tmp_path, which tests expect to be empty
    path = folder / "results.db"
    monkeypatch.setenv("RESULTS_DB", str(path))
    monkeypatch.setenv("HISTORY_DB", str(folder / "history.db"))
    monkeypatch.setenv("QUEUES_DB", str(folder / "queues.db"))
    get_settings.cache_clear()
    start_invocation(None)  # of which the last test may have set the end
    get_job_queue.cache_clear()
    for name, opened in (
        ("shared.queue.jobs", "get_job_store"),
        ("shared.http.idempotency", "get_answers"),
        ("functions.translation.terminology.kept", "get_terminologies"),
        ("functions.intent.lex.sessions", "get_sessions"),
    ):
        if module := sys.modules.get(name):
            getattr(module, opened).cache_clear()
    for name, opened in (
        ("functions.recommendation.items", "get_item_store"),
        ("functions.recommendation.outcomes", "get_outcome_store"),
    ):
        if module := sys.modules.get(name):
            getattr(module, opened).cache_clear()
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
