"""One start, told apart: run by `benchmarks.ledger` in a fresh process with `-X importtime`.

    python -X importtime -c "$(cat benchmarks/ledger_process.py)" HANDLER EVENT.json STARTED_S

It prints JSON: milliseconds of the interpreter's start, of each step of loading the model, and of
the first request. What Python tells of its imports begins at the line ``RUNNING``.
"""

import os
import time

RUNNING_S = time.clock_gettime(time.CLOCK_MONOTONIC)
os.write(2, b"RUNNING\n")

import json  # noqa: E402 - the interpreter's start ends above
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from concurrent.futures import Future  # noqa: E402
from importlib import import_module  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

STEPS = {
    "read spec.json": ("shared.models.spec", "read_spec"),
    "verify hashes": ("shared.models.folder", "hash_file"),
    "open sessions": ("shared.models.sessions", "open_session"),
    "language model": ("shared.language", "_model"),
}
steps_ms = dict.fromkeys([*STEPS, "tokenizer", "load the model"], 0.0)


def timed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """The same, with its time added to ``steps_ms``."""

    def measured(*args: Any, **kwargs: Any) -> Any:
        begun = time.perf_counter()
        try:
            return call(*args, **kwargs)
        finally:
            steps_ms[name] += (time.perf_counter() - begun) * 1e3

    return measured


class InTurn:
    """Stands for the pools of `models.preload` and `process.start`, so that the times add up."""

    def __init__(self, *args: object) -> None:
        del args

    def submit(self, call: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Call it now."""
        future: Future[Any] = Future()
        future.set_result(timed("load the model", call)(*arguments))
        return future

    def shutdown(self, *, wait: bool) -> None:
        """Nothing is open."""


def main(handler: str, event: str, started_s: str) -> dict[str, Any]:
    """Start the handler and answer the event."""
    import_module("awslambdaric.bootstrap")
    tokenizers = import_module("tokenizers").__dict__
    read = timed("tokenizer", tokenizers["Tokenizer"].from_file)
    tokenizers["Tokenizer"] = type("Tokenizer", (), {"from_file": staticmethod(read)})
    for name, (module, function) in STEPS.items():
        names = import_module(module).__dict__
        names[function] = timed(name, names[function])
    for name in ("shared.models.preload", "shared.process.start"):
        import_module(name).__dict__["ThreadPoolExecutor"] = InTurn
    module, _, attribute = handler.rpartition(".")
    __import__(module)  # -X importtime does not list what import_module imports
    answer = getattr(sys.modules[module], attribute)
    loaded_ms = dict(steps_ms)  # a request may open another model
    request = json.loads(Path(event).read_bytes())
    begun = time.perf_counter()
    answer(request, None)
    return {
        "interpreter": (RUNNING_S - float(started_s)) * 1e3,
        "first request": (time.perf_counter() - begun) * 1e3,
        "steps": loaded_ms,
    }


if __name__ == "__main__":
    if "--help" in sys.argv:
        print(__doc__)
    else:
        print("\n" + json.dumps(main(*sys.argv[1:])))
