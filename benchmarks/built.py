"""The built artifacts as processes: what each sees of this machine."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.latency import ONE_THREAD
from layers.build import target_interpreter

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".aws-sam" / "build"
LAMBDA_PACKAGES = BUILD.parent / "lambda"  # what Lambda's Python has of its own
EVENTS = ROOT / "events"
SERVICES = ("intent", "translation", "recommendation")
ENTRIES = {"worker": "sqs", "api": "http"}  # and the kind of their plainest sample event
FLOOR = "floor"
LAMBDA = {
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "RESULTS_TABLE": "",
    "HISTORY_TABLE": "",
}


def interpreter() -> list[str]:
    """Lambda's Python on this machine, which sees no package that is installed for it here."""
    return [str(Path(target_interpreter() or sys.executable).resolve()), "-s", "-S"]


def handler_and_event(name: str) -> tuple[str, Path]:
    """Where the handler of an entry is, such as that of ``intent worker``, and its plainest event.

    The floor of a service takes the event of its API.
    """
    service, entry = name.split()
    event = EVENTS / f"{service}_{ENTRIES.get(entry, 'http')}.json"
    if entry == FLOOR:
        return "benchmarks.floor.handler", event
    return f"functions.{service}.{entry}.handler", event


def environment(name: str) -> dict[str, str]:
    """An entry sees only what was built, and a floor the same packages."""
    service, entry = name.split()
    runtime, shared = BUILD / "RuntimeLayer/python", BUILD / "SharedLayer/python"
    ours = [BUILD / f"{service.capitalize()}{entry.capitalize()}", runtime, shared]
    parts = [runtime, ROOT] if entry == FLOOR else ours
    return {
        **os.environ,
        **ONE_THREAD,
        **LAMBDA,
        "PYTHONPATH": os.pathsep.join(map(str, [*parts, LAMBDA_PACKAGES])),
        "MODELS_DIR": str(BUILD / "ModelsLayer/models"),
        "FLOOR_SERVICE": service,
    }


def with_stores(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The same with SQLite files of its own in ``folder``, which each start has to make."""
    run = time.monotonic_ns()
    names = ("results", "history", "queues")
    return {**env, **{f"{name.upper()}_DB": f"{folder}/{name}-{run}.db" for name in names}}
