"""How long a warm event's way through this project's own code is: calls made, and files touched.

    python -m benchmarks.calls

Each event is sent to its handler until everything is loaded; then one more is watched. A call is
one of a function in ``functions/`` or ``shared/``, each time that it is entered (a coroutine that
goes on after a pause counts again). The figures stand in docs/architecture.md.
"""

import importlib
import json
import os
import sys
import tempfile
import types
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.arguments import parser

ROOT = Path(__file__).resolve().parent.parent
OWN = tuple(f"{ROOT / folder}{os.sep}" for folder in ("functions", "shared"))
EVENTS = {
    "intent by HTTP": ("functions.intent.api", "intent_http.json"),
    "an SQS batch of two": ("functions.intent.worker", "intent_sqs.json"),
    "translation by HTTP": ("functions.translation.api", "translation_http.json"),
    "recommendation by HTTP": ("functions.recommendation.api", "recommendation_http.json"),
}
WARM_CALLS = 3


@contextmanager
def _watched(found: Counter[tuple[str, str]]) -> Iterator[None]:
    """Count calls of the project's own functions by file and name."""

    def watch(frame: types.FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(OWN):
            found[frame.f_code.co_filename, frame.f_code.co_qualname] += 1

    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(None)


def _event(name: str, run: int) -> Any:
    """A sample event; messages have ids of their own each time, or their jobs would be done."""
    event = json.loads((ROOT / "events" / name).read_text())
    for place, record in enumerate(event.get("Records", ())):
        record["messageId"] = f"{run}-{place}"
    return event


def calls_of(handler: Callable[[Any, Any], Any], event: str) -> Counter[tuple[str, str]]:
    """Calls by file and function that a warm process makes for one event."""
    for run in range(WARM_CALLS):
        handler(_event(event, run), None)
    found: Counter[tuple[str, str]] = Counter()
    once_more = _event(event, WARM_CALLS)
    with _watched(found):
        handler(once_more, None)
    return found


def main() -> None:
    """Print the table."""
    arguments = parser(__doc__)
    arguments.add_argument("--list", action="store_true", help="each function too, with its calls")
    listed = arguments.parse_args().list
    with tempfile.TemporaryDirectory() as folder:
        for name in ("RESULTS_DB", "HISTORY_DB", "QUEUES_DB"):
            os.environ[name] = str(Path(folder) / f"{name.lower()}.db")
        os.environ.setdefault("LOG_LEVEL", "ERROR")
        print("| event | calls | files |\n|---|---|---|")
        for title, (module, event) in EVENTS.items():
            found = calls_of(importlib.import_module(module).handler, event)
            print(f"| {title} | {found.total()} | {len({file for file, _ in found})} |")
            if listed:
                for (file, function), count in sorted(found.items()):
                    print(f"    {count:4} {Path(file).relative_to(ROOT)} {function}")


if __name__ == "__main__":
    main()
