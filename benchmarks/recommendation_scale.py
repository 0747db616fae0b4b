"""How do time and memory grow with catalogue, history, shoppers and k? Random weights, one thread.

.venv-train/bin/python -m benchmarks.recommendation_scale [--items 1000 10000000] [--calls 60]

It runs in the training environment, which can write graphs; ranking runs through the code that
serves. Each size is measured in a process of its own, whose memory is what it needed. Above a
million items the table is memory-mapped and ranked in blocks: see `benchmarks.mapped_catalogue`.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.blocks import summary
from benchmarks.machine import write
from benchmarks.mapped_catalogue import MappedCatalogue, write_mapped
from local.command import at_least_one

CATALOGUES = (1_000, 10_000, 100_000, 1_000_000, 3_000_000, 10_000_000)
MOST_IN_MEMORY = 1_000_000
HISTORIES = (1, 10, 50, 200)
COUNTS = (1, 10, 100)
SHOPPERS = (1, 8)
HISTORY, COUNT = 50, 10  # where another thing is varied
CALLS = 60
WARM_UP = 5


def random_model(items: int, folder: Path) -> None:
    """A served folder's graphs and tables with random weights."""
    import torch

    from training.recommendation.config import ModelConfig
    from training.recommendation.export import write_graphs
    from training.recommendation.model import SequenceModel

    torch.manual_seed(0)
    model = SequenceModel(ModelConfig(items=items, length=max(HISTORIES))).eval()
    write_graphs(model, model.vectors().detach().numpy(), folder, int8=True)


def timed(call: Callable[[], object], calls: int = CALLS) -> dict[str, Any]:
    """Latency of one call, after a few that only warm up."""
    times = []
    for number in range(calls + WARM_UP):
        start = time.perf_counter()
        call()
        if number >= WARM_UP:
            times.append((time.perf_counter() - start) * 1e3)
    return summary(times)


def opened(items: int, folder: Path) -> Callable[[Sequence[list[int]], int], object]:
    """What ranks for histories of rows, over graphs that another process wrote.

    The package that writes them takes memory that ranking does not.
    """
    from benchmarks.random_catalogue import open_random

    module = [sys.executable, "-m", "benchmarks.recommendation_scale"]
    subprocess.run([*module, "--write", str(items), str(folder)], check=True)
    if items > MOST_IN_MEMORY:
        return MappedCatalogue(folder).recommend
    return open_random(folder, items)[1]


def one_size(items: int, calls: int) -> dict[str, Any]:
    """Everything about one catalogue, in this process."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as scratch:
        recommend = opened(items, Path(scratch))

        def latency(history: int, k: int, shoppers: int = 1) -> dict[str, Any]:
            rows = rng.integers(items, size=(shoppers, history)).tolist()
            return timed(lambda: recommend(rows, k), calls)

        found: dict[str, Any] = {"items": items, "default": latency(HISTORY, COUNT)}
        found["mapped"] = items > MOST_IN_MEMORY
        found["by_history"] = {str(n): latency(n, COUNT) for n in HISTORIES}
        found["by_k"] = {str(k): latency(HISTORY, k) for k in COUNTS}
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found["by_shoppers"] = {str(n): latency(HISTORY, COUNT, n) for n in SHOPPERS}
    found["peak_resident_mb"] = round(peak_kb / 1024, 1)
    return found


def main() -> None:
    """Measure and write results/recommendation_scale.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--write", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--items", type=int, nargs="+", default=CATALOGUES)
    parser.add_argument("--calls", type=at_least_one, default=CALLS)
    args = parser.parse_args()
    if args.write:
        items, folder = int(args.write[0]), Path(args.write[1])
        if items > MOST_IN_MEMORY:
            write_mapped(items, max(HISTORIES), folder)
        else:
            random_model(items, folder)
        return
    if args.size:
        print(json.dumps(one_size(args.size, args.calls)))
        return
    sizes = []
    for items in args.items:
        command = [sys.executable, "-m", "benchmarks.recommendation_scale", "--size", str(items)]
        command += ["--calls", str(args.calls)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        sizes.append(json.loads(done.stdout.splitlines()[-1]))
        print(f"{items:,} items: {sizes[-1]['default']}, {sizes[-1]['peak_resident_mb']} MB")
    path = write(
        "recommendation_scale", "python -m benchmarks.recommendation_scale", {"sizes": sizes}
    )
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
