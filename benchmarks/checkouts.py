"""Two checkouts side by side: the start of each entry, and a warm request.

    git archive REVISION | tar -x -C OLD
    python -m benchmarks.checkouts OLD [NEW]

Each round starts a fresh process of either checkout by turns, which imports the entry, answers its
sample event, then answers it again and again. Processor time, not wall time, so that other work on
the machine weighs less. Modules have their bytecode, as they do in the built artifacts: a start
before the first one that counts writes it. NEW is this checkout where it is not given; both run
with this interpreter.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from argparse import ArgumentTypeError
from pathlib import Path

from benchmarks.arguments import parser
from benchmarks.machine import processor

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("intent", "translation", "recommendation")
ENTRIES = {f"{service} api": f"{service}_http.json" for service in SERVICES} | {
    f"{service} worker": f"{service}_sqs.json" for service in SERVICES
}
ROUNDS = 10
ONCE = """
import copy, json, os, sys, tempfile, time
from importlib import import_module
sys.path.insert(0, os.getcwd())
os.environ["LOG_LEVEL"] = "ERROR"
os.environ["TOKENIZERS_PARALLELISM"] = "false"  # as template.yaml has it
folder = tempfile.mkdtemp()
for name in ("RESULTS_DB", "HISTORY_DB", "QUEUES_DB"):
    os.environ[name] = os.path.join(folder, name)
handler = import_module(sys.argv[1]).handler
event = json.load(open(os.path.join("events", sys.argv[2])))
handler(copy.deepcopy(event), None)
start_ms = time.process_time() * 1e3
calls_ms = []
for number in range(100):
    again = copy.deepcopy(event)
    for place, record in enumerate(again.get("Records", ())):
        record["messageId"] = f"{number}-{place}"
        record["messageAttributes"] = {}
    begun = time.process_time()
    handler(again, None)
    calls_ms.append((time.process_time() - begun) * 1e3)
print(json.dumps([start_ms, sorted(calls_ms)[50]]))
"""


def checkout(given: str) -> Path:
    """The root of a checkout.

    Raises:
        ArgumentTypeError: the folder is none.
    """
    path = Path(given)
    if not (path / "functions").is_dir():
        raise ArgumentTypeError(f"{given} is no checkout: it has no folder functions")
    return path.resolve()


def once(root: Path, entry: str, bytecode: str) -> tuple[float, float]:
    """Processor time of a start and its first answer, and of a warm answer (median), in ms.

    Args:
        root: of the checkout.
        entry: one of `ENTRIES`.
        bytecode: folder where modules' bytecode is kept from one start to the next.
    """
    service, _, kind = entry.partition(" ")
    command = [sys.executable, "-c", ONCE, f"functions.{service}.{kind}", ENTRIES[entry]]
    env = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(command, cwd=root, env=env, check=True, capture_output=True, text=True)
    start_ms, warm_ms = json.loads(done.stdout.splitlines()[-1])
    return start_ms, warm_ms


def compared(checkouts: list[Path], entry: str) -> list[float]:
    """Medians: the start of the old and the new one, then a warm answer of each, in ms."""
    found: list[list[tuple[float, float]]] = [[], []]
    with tempfile.TemporaryDirectory() as bytecode:
        for number in range(ROUNDS + 1):
            for place in (0, 1) if number % 2 else (1, 0):
                times = once(checkouts[place], entry, bytecode)
                if number:
                    found[place].append(times)
    return [
        statistics.median(times[kind] for times in found[place])
        for kind in (0, 1)
        for place in (0, 1)
    ]


def main() -> None:
    """Measure and print a table in Markdown."""
    arguments = parser(__doc__)
    arguments.add_argument("old", metavar="OLD", type=checkout, help="root of a checkout")
    arguments.add_argument(
        "new", metavar="NEW", type=checkout, nargs="?", default=ROOT, help="of another one"
    )
    given = arguments.parse_args()
    checkouts = [given.old, given.new]
    print(json.dumps(processor()))
    print("\n| entry | start, ms: old | new | warm, ms: old | new |\n|---|---|---|---|---|")
    for entry in ENTRIES:
        medians = compared(checkouts, entry)
        print(f"| {entry} | " + " | ".join(f"{ms:.1f}" for ms in medians) + " |", flush=True)


if __name__ == "__main__":
    main()
