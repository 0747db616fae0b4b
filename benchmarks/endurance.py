"""Does a warm API handler stay as fast, and as small, over very many calls?

    python -m benchmarks.endurance [--calls 100000] [--timed 10000] [--service intent ...]

The built handlers with one thread, a fresh process for each phase; what they log goes to the null
device. Latency: half of the timed calls are different requests and half one and the same, of
median length, which tells what is a text's length from what is jitter; between them runs a
computation that is always the same and about as long, which tells what is this machine. Growth:
the resident set at each twentieth of the calls, of which one in 100 is invalid and another one
has an idempotency key of its own; texts hold a changing number, so that a cache of them would show.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import linear_regression
from typing import Any

from rich.console import Console
from rich.progress import Progress

from benchmarks import recommendation_blocks, translation_blocks
from benchmarks.blocks import percentile
from benchmarks.built import (
    BUILD,
    SERVICES,
    environment,
    handler_and_event,
    interpreter,
    with_stores,
)
from benchmarks.endurance_process import NUMBER, STEPS
from benchmarks.machine import write
from benchmarks.texts import messages
from functions.recommendation.catalogue import CATALOGUE_FILE, Catalogue
from local.command import at_least_one, progress_bar
from shared.settings import get_settings

PROCESS = Path(__file__).with_name("endurance_process.py")
# Built modules only, none from the script's folder; and standard output unbuffered, as Lambda's
# runtime client makes it.
OPTIONS = ("-P", "-u")
WARM_UP = 200  # calls
SHOPPERS = 128
BEGUN_S, HOUR_S = 1_795_000_000, 3_600  # of the first event of a history, and between two
MOST_WORDS = 6  # of a sentence that is translated in the phase of growth, which takes long
SETTLED = 0.2  # share of the calls after which nothing should grow
FRACTIONS = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "p99.9_ms": 0.999}
# A table holds pages of its file in memory, as DynamoDB's would not: this keeps the file small.
FORGETFUL = {"RESULTS_TTL_S": "1"}
MB, KB = 1e6, 1e3

Body = dict[str, Any]


def histories(count: int) -> list[Body]:
    """Requests of so many shoppers with 1 to 50 events."""
    ids = Catalogue.load(get_settings().model_dir("recommendation") / CATALOGUE_FILE).ids
    rows = recommendation_blocks.users(range(count), len(ids)).tolist()
    found = []
    for shopper, row in enumerate(rows):
        items = [ids[place] for place in row[: 1 + shopper % recommendation_blocks.HISTORY]]
        events = [
            {"item_id": item, "event": "purchase", "timestamp": BEGUN_S + place * HOUR_S}
            for place, item in enumerate(items)
        ]
        found.append({"history": events, "k": recommendation_blocks.K})
    return found


def to_translate(texts: Sequence[str]) -> list[Body]:
    """Requests for each text alone."""
    languages = {"source": translation_blocks.SOURCE, "target": translation_blocks.TARGET}
    return [{"text": text, **languages} for text in texts]


def bodies(service: str) -> list[Body]:
    """Different requests, each for one text or one shopper."""
    if service == "intent":
        return [{"text": text} for text in messages()]
    if service == "translation":
        return to_translate(translation_blocks.texts())
    return histories(SHOPPERS)


def endless(service: str) -> list[Body]:
    """The same for as many calls as one likes: short, and every text with a number in it."""
    short = [
        body
        for body in bodies(service)
        if service != "translation" or len(body["text"].split()) <= MOST_WORDS
    ]
    return [{**b, "text": f"{b['text']} {NUMBER}"} if "text" in b else b for b in short]


def work_of(service: str, phase: str, calls: int) -> dict[str, Any]:
    """What the process of a phase is told."""
    _, path = handler_and_event(f"{service} api")
    found = [json.dumps(b) for b in (bodies if phase == "latency" else endless)(service)]
    return {
        "phase": phase,
        "event": json.loads(path.read_bytes()),
        "bodies": found,
        "repeated": sorted(found, key=len)[len(found) // 2],
        "invalid": json.dumps({**json.loads(found[0]), "unknown": True}),
        "warm_up": WARM_UP,
        "calls": calls,
    }


def measure(service: str, phase: str, calls: int, progress: Progress) -> dict[str, Any]:
    """What one process measured.

    Raises:
        RuntimeError: it ended before that.
    """
    name = f"{service} api"
    handler, _ = handler_and_event(name)
    task = progress.add_task(f"{service}, {phase}", total=calls)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "work.json"
        work.write_text(json.dumps(work_of(service, phase, calls)), encoding="utf-8")
        command = [*interpreter(), *OPTIONS, str(PROCESS), handler, str(work)]
        env = with_stores({**environment(name), **FORGETFUL}, Path(folder))
        with subprocess.Popen(
            command, env=env, cwd=folder, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            for line in child.stdout:
                told: dict[str, Any] = json.loads(line)
                progress.update(task, completed=told.get("done", calls))
                if "done" not in told:
                    return told
    raise RuntimeError(f"{name}: the process ended before it had measured its {phase}")


def tail(times_ms: Sequence[float]) -> dict[str, float]:
    """Percentiles, the longest time, and p99 over p50."""
    found = {name: percentile(times_ms, fraction) for name, fraction in FRACTIONS.items()}
    ratio = found["p99_ms"] / found["p50_ms"]
    rounded = {name: round(ms, 3) for name, ms in (found | {"max_ms": max(times_ms)}).items()}
    return rounded | {"p99_over_p50": round(ratio, 2), "calls": len(times_ms)}


def grown(readings: Sequence[Sequence[int]]) -> dict[str, Any]:
    """How the resident set changed once a process had settled.

    Args:
        readings: after how many calls it was how many bytes, oldest first, the last at the end.
    """
    total = readings[-1][0]
    settled = [(calls, size) for calls, size in readings if calls >= SETTLED * total]
    line = linear_regression([c / 1e3 for c, _ in settled], [size / KB for _, size in settled])
    return {
        "resident_mb": {str(calls): round(size / MB, 2) for calls, size in readings},
        "grown_mb": round((settled[-1][1] - settled[0][1]) / MB, 2),
        "kb_per_1000_calls": round(line.slope, 3),
    }


def figures(latency: dict[str, Any], growth: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a service's two phases."""
    return {
        "latency": {way: tail(ms) for way, ms in latency["ms"].items()},
        "growth": grown(growth["resident_bytes"]),
        "statuses": {"latency": latency["statuses"], "growth": growth["statuses"]},
    }


def main(argv: list[str] | None = None) -> None:
    """Measure and write results/endurance.json."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=at_least_one, default=100_000, help="of the growth phase")
    parser.add_argument("--timed", type=at_least_one, default=10_000, help="of the latency phase")
    parser.add_argument("--service", nargs="+", choices=SERVICES, default=list(SERVICES))
    args = parser.parse_args(argv)
    if not BUILD.is_dir():
        parser.error("the built artifacts are not there: run 'make build' first")
    if args.calls < STEPS:
        parser.error(f"--calls must be at least {STEPS}, for as many readings")
    phases = {"latency": args.timed, "growth": args.calls}
    with progress_bar(Console(stderr=True)) as progress:
        found = {
            phase: {service: measure(service, phase, calls, progress) for service in args.service}
            for phase, calls in phases.items()
        }
    services = {
        service: figures(found["latency"][service], found["growth"][service])
        for service in args.service
    }
    path = write("endurance", "python -m benchmarks.endurance", {"services": services})
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
