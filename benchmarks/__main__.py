"""`make bench`: every benchmark that needs no training data, then RESULTS.md.

    python -m benchmarks --peer-python .venv-train/bin/python [--quick]

Quality is measured by benchmarks.quality, which needs trained models and the data sets.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping

from benchmarks.built import BUILD
from benchmarks.machine import RESULTS_DIR_VARIABLE

QUICK_ROUNDS = 3


def main() -> None:
    """Measure everything, and write or print the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer-python", default=".venv-train/bin/python")
    parser.add_argument("--quick", action="store_true", help="few rounds, printed and not kept")
    args = parser.parse_args()
    if not BUILD.is_dir():
        raise SystemExit("the built artifacts are not there: run 'make build' first")
    if any(load > 0.8 for load in os.getloadavg()[:1]):
        print(f"warning: the machine is busy (load {os.getloadavg()[0]:.1f}); figures will be off")
    peer = ["--peer-python", args.peer_python]
    if args.quick:
        with tempfile.TemporaryDirectory() as folder:
            rounds = [f"{folder}/{number}" for number in range(QUICK_ROUNDS)]
            wanted = quick(peer)
            for of_round in rounds:  # one after the other, so that a drift shows as a spread
                run(wanted, {**os.environ, RESULTS_DIR_VARIABLE: of_round})
                wanted.pop("memory", None)  # it does not depend on what else the machine does
            subprocess.run([sys.executable, "-m", "benchmarks.ratios", *rounds], check=True)
        return
    run(whole(peer), os.environ)
    # In the peers' environment, which can write graphs over catalogues of every size.
    scale = [args.peer_python, "-m", "benchmarks.recommendation_scale"]
    subprocess.run(scale, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True)
    subprocess.run([sys.executable, "-m", "benchmarks.report"], check=True)


def quick(peer: list[str]) -> dict[str, list[str]]:
    """One round of what has peers; they are repeated, and take minutes together."""
    return {
        "latency": [*peer, "--rounds", "1"],
        "cold_start": [*peer, "--rounds", "1", "--warm-only"],
        "memory": [],
        "translation": [*peer, "--rounds", "1", "--slow-rounds", "1", "--threads", "1"],
        "recommendation": [*peer, "--rounds", "1"],
    }


def whole(peer: list[str]) -> dict[str, list[str]]:
    """Everything; more than an hour."""
    return {
        "latency": [*peer, "--rounds", "12"],
        "intent_scale": [],
        "cold_start": [*peer, "--rounds", "20"],
        "memory": [],
        "translation": [*peer, "--rounds", "7", "--slow-rounds", "1"],
        "translation_scale": [],
        "recommendation": [*peer, "--rounds", "12"],
        "load": [],
        "queue_batches": [],
        "endurance": [],
        "lost_messages": [],
        "cost": [],  # of the results of the others
    }


def run(benchmarks: Mapping[str, list[str]], env: Mapping[str, str]) -> None:
    """Each benchmark with its arguments in a process of its own."""
    for name, arguments in benchmarks.items():
        command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
        subprocess.run(command, env=env, check=True)


if __name__ == "__main__":
    main()
