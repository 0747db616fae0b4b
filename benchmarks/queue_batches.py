"""How many messages should SQS give a worker at once? Throughput by the size of a batch.

    python -m benchmarks.queue_batches [--rounds 100] [--service intent ...] [--latency-ms 5]

The built workers with one thread, a process for each size, which take turns; what they log goes to
the null device. Every message is another one, with an id of its own. The stores are SQLite files:
what DynamoDB would take is not in these figures, and what SQLite takes is told apart. With
``--latency-ms`` each request to the store takes so much longer, and up to 16 are on their way at
once, as DynamoDB's are: results/queue_batches_latency.json.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from math import ceil
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.progress import Progress

from benchmarks import translation_blocks
from benchmarks.blocks import Process, summary
from benchmarks.built import (
    BUILD,
    SERVICES,
    environment,
    handler_and_event,
    interpreter,
    with_stores,
)
from benchmarks.cost import PRICES, read_prices
from benchmarks.cost_loads import MILLION, batch_size, queue_requests
from benchmarks.endurance import FORGETFUL, MB, OPTIONS, Body, bodies, to_translate
from benchmarks.machine import write
from local.command import at_least_one, progress_bar

PROCESS = Path(__file__).with_name("queue_batches_process.py")
SIZES = (1, 2, 5, 10, 20, 50, 100)
MESSAGES = 20  # of a process's turn at least: small batches take turns of several
ENOUGH = 0.95  # of the best throughput
REQUESTS = ("lambda_request", "sqs_request")

Found = dict[int, dict[str, list[float]]]  # by size: milliseconds of batches, peaks in bytes


def phrases() -> list[str]:
    """All sentences of shops and their customers, of which other benchmarks take 96."""
    files = sorted(translation_blocks.PHRASES.glob("shop_phrases_*.tsv"))
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    return [line.partition("\t")[0] for line in lines]


def different(service: str) -> list[Body]:
    """Requests in random order, more than the largest batch holds."""
    found = to_translate(phrases()) if service == "translation" else bodies(service)
    Random(1).shuffle(found)
    return found


def start(service: str, size: int, work: Path, latency_ms: float) -> Process:
    """A worker that is given batches of this size."""
    name = f"{service} worker"
    handler, _ = handler_and_event(name)
    command = [*interpreter(), *OPTIONS, str(PROCESS)]
    env = with_stores({**environment(name), **FORGETFUL}, work.parent)
    return Process([*command, handler, str(work), str(size), str(latency_ms)], env)


def measure(service: str, rounds: int, latency_ms: float, progress: Progress) -> Found:
    """Batches of every size, whose processes take turns; the first round only warms up."""
    _, path = handler_and_event(f"{service} worker")
    record = json.loads(path.read_bytes())["Records"][0]
    found: Found = {size: {} for size in SIZES}
    task = progress.add_task(service, total=(rounds + 1) * len(SIZES))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        work = Path(folder) / "work.json"
        texts = [json.dumps(body) for body in different(service)]
        work.write_text(json.dumps({"record": record, "bodies": texts}), encoding="utf-8")
        processes = {size: start(service, size, work, latency_ms) for size in SIZES}
        for process in processes.values():
            stack.callback(process.close)
        for round_number in range(rounds + 1):
            for size, process in processes.items():
                for name, values in process.block(ceil(MESSAGES / size)).items():
                    if round_number:
                        found[size].setdefault(name, []).extend(values)
                progress.advance(task)
    return found


def request_usd(service: str, size: int, prices: Mapping[str, float]) -> float:
    """What SQS and Lambda ask for the requests of a million messages, without the time."""
    requests = queue_requests(service, size)
    return sum(requests[name] * prices[name] for name in REQUESTS) * MILLION / size


def knee(rates: Mapping[int, float]) -> int:
    """The smallest size that reaches enough of the best throughput.

    Args:
        rates: messages per second by size.
    """
    enough = ENOUGH * max(rates.values())
    return min(size for size, rate in rates.items() if rate >= enough)


def figures(service: str, found: Found, prices: Mapping[str, float]) -> dict[str, Any]:
    """All figures of a service.

    Args:
        service: which.
        found: what its processes measured.
        prices: USD of one unit each.
    """
    sizes: dict[str, Any] = {}
    rates: dict[str, dict[int, float]] = {"all": {}, "without_store": {}}
    for size, values in found.items():
        batch, answered = summary(values["ms"]), size * len(values["ms"])
        all_ms, store_ms = sum(values["ms"]), sum(values["store_ms"])
        rates["all"][size] = 1e3 * answered / all_ms
        rates["without_store"][size] = 1e3 * answered / (all_ms - store_ms)
        sizes[str(size)] = {
            "p50_ms": batch["p50_ms"],
            "p99_ms": batch["p99_ms"],
            "batches": batch["calls"],
            "store_share": round(store_ms / all_ms, 3),
            "messages_per_s": round(rates["all"][size], 1),
            "messages_per_s_without_store": round(rates["without_store"][size], 1),
            "peak_mb": round(max(values["peak_bytes"]) / MB, 1),
            "requests_usd_per_million": round(request_usd(service, size, prices), 4),
        }
    return {
        "sizes": sizes,
        "knee": knee(rates["all"]),
        "knee_without_store": knee(rates["without_store"]),
        "template": batch_size(service),
    }


def main(argv: list[str] | None = None) -> None:
    """Measure and write results/queue_batches.json."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=at_least_one, default=100)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--service", nargs="+", choices=SERVICES, default=list(SERVICES))
    args = parser.parse_args(argv)
    if not BUILD.is_dir():
        parser.error("the built artifacts are not there: run 'make build' first")
    prices, services = read_prices(), {}
    with progress_bar(Console(stderr=True)) as progress:
        for service in args.service:
            found = measure(service, args.rounds, args.latency_ms, progress)
            services[service] = figures(service, found, prices)
    result = {"store": "SQLite", "prices": PRICES.name, "enough": ENOUGH, "services": services}
    name, command = "queue_batches", "python -m benchmarks.queue_batches"
    if args.latency_ms:
        name, command = f"{name}_latency", f"{command} --latency-ms {args.latency_ms:g}"
        result |= {"latency_ms": args.latency_ms}
    path = write(name, command, result)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
