"""How do time and memory grow with the catalogue, the history and k? Random weights, one thread.

.venv-train/bin/python -m benchmarks.recommendation_scale

It runs in the training environment, which can write graphs; ranking runs through the code that
serves. Each size is measured in a process of its own, whose memory is what it needed.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.blocks import summary
from benchmarks.machine import write

CATALOGUES = (1_000, 10_000, 100_000, 1_000_000)
HISTORIES = (1, 10, 50, 200)
COUNTS = (1, 10, 100)
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


def timed(call: Callable[[], object]) -> dict[str, Any]:
    """Latency of one call, after a few that only warm up."""
    times = []
    for number in range(CALLS + WARM_UP):
        start = time.perf_counter()
        call()
        if number >= WARM_UP:
            times.append((time.perf_counter() - start) * 1e3)
    return summary(times)


def one_size(items: int) -> dict[str, Any]:
    """Everything about one catalogue, in this process."""
    from benchmarks.random_catalogue import open_random

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        subprocess.run(
            [
                sys.executable,
                "-m",
                "benchmarks.recommendation_scale",
                "--write",
                str(items),
                scratch,
            ],
            check=True,
        )
        model, recommend = open_random(folder, items)
    rng = np.random.default_rng(0)

    def latency(history: int, k: int) -> dict[str, Any]:
        rows = rng.integers(items, size=history).tolist()
        return timed(lambda: recommend(rows, k))

    found: dict[str, Any] = {"items": items, "default": latency(HISTORY, COUNT)}
    found["by_history"] = {str(n): latency(n, COUNT) for n in HISTORIES}
    found["by_k"] = {str(k): latency(HISTORY, k) for k in COUNTS}
    found["peak_resident_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    del model
    return found


def main() -> None:
    """Measure and write results/recommendation_scale.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--write", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.write:
        random_model(int(args.write[0]), Path(args.write[1]))
        return
    if args.size:
        print(json.dumps(one_size(args.size)))
        return
    sizes = []
    for items in CATALOGUES:
        command = [sys.executable, "-m", "benchmarks.recommendation_scale", "--size", str(items)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        sizes.append(json.loads(done.stdout.splitlines()[-1]))
        print(f"{items:,} items: {sizes[-1]['default']}, {sizes[-1]['peak_resident_mb']} MB")
    path = write("recommendation_scale", "make bench", {"sizes": sizes})
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
