import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from layers.build import target_interpreter
from shared.queue.jobs import JobStore
from shared.settings import Settings
from tests.expectations import EVENT_NAMES, EVENTS_DIR, EXPECTED, handler_of

BUILD = Path(__file__).resolve().parents[2] / ".aws-sam" / "build"
LAMBDA_PACKAGES = BUILD.parent / "lambda"
HANDLERS = sorted({handler_of(name) for name in EVENT_NAMES})
# Isolated (-I -S): neither the checkout nor any site-packages is on the path, only what was built.
RUNNER = """
import json, sys, sysconfig
from importlib import import_module
from pathlib import Path

compiled = []
sys.addaudithook(lambda event, args: event == "compile" and compiled.append(str(args[1])))
sys.path += json.loads(sys.argv[1])
module, name = sys.argv[2].rsplit(".", 1)
handler = getattr(import_module(module), name)
started = list(sys.modules)
context = type("Context", (), {"aws_request_id": "artifact", "function_name": "f"})()
answers, before_stores = {}, None
def stored(path):
    return "_async" in path or "_lex" in path

for path in sorted(sys.argv[3:], key=stored):
    if stored(path) and before_stores is None:
        before_stores = list(sys.modules)
    answers[Path(path).name] = handler(json.load(open(path)), context)
loaded = dict(sys.modules)
memory = dict(line.split(":", 1) for line in open("/proc/self/status"))
print("\\n" + json.dumps({
    "answers": answers,
    "files": {n: m.__file__ for n, m in loaded.items() if getattr(m, "__file__", None)},
    "started": started,
    "before_stores": before_stores,
    "compiled": compiled,
    "stdlib": sysconfig.get_path("stdlib"),
    "peak_kib": int(memory["VmHWM"].split()[0]),
}))
"""


def functions_by_handler() -> dict[str, str]:
    """Logical id of the function behind each handler, from the built template."""
    resources = yaml_parse((BUILD / "template.yaml").read_text())["Resources"]
    return {
        resource["Properties"]["Handler"]: name
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def stored_bodies(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """What a worker kept in SQLite of the events with these names, by message id."""
    jobs = JobStore(Settings(results_db=path))
    found = {id_: jobs.read(id_) for name in names for id_ in EXPECTED[name].get("stored", {})}
    return {
        id_: job.result if job.failure is None else job.failure.problem
        for id_, job in found.items()
        if job is not None
    }


def run_built(python: str, handler: str, folder: Path) -> dict[str, Any]:
    """Answers of a built handler to all its events, and what it loaded."""
    function = functions_by_handler()[handler]
    parts = (function, "RuntimeLayer/python", "SharedLayer/python")
    mounted = [*(str(BUILD / part) for part in parts), str(LAMBDA_PACKAGES)]
    env = {
        "PATH": os.environ["PATH"],
        "MODELS_DIR": str(BUILD / "ModelsLayer" / "models"),
        "RESULTS_DB": str(folder / "results.db"),
        "HISTORY_DB": str(folder / "history.db"),
        "QUEUES_DB": str(folder / "queues.db"),
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
    }
    names = [name for name in EVENT_NAMES if handler_of(name) == handler]
    paths = [str(EVENTS_DIR / name) for name in names]
    command = [python, "-I", "-S", "-c", RUNNER, json.dumps(mounted), handler, *paths]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**result, "stored": stored_bodies(folder / "results.db", names)}


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> dict[str, dict[str, Any]]:
    """Results of every handler over all its events."""
    if not (BUILD / "template.yaml").is_file():
        pytest.fail("nothing is built: run 'make build' first")
    python = target_interpreter()
    if python is None:
        reason = (
            "Python 3.13, Lambda's runtime, is needed to run the built artifacts: "
            "install it, or put it on the PATH as python3.13"
        )
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return {
        handler: run_built(python, handler, tmp_path_factory.mktemp("built"))
        for handler in HANDLERS
    }
