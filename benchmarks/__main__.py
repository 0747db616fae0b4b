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
    report = [sys.executable, "-m", "benchmarks.report"]
    if args.quick:
        with tempfile.TemporaryDirectory() as folder:
            env = {**os.environ, RESULTS_DIR_VARIABLE: folder}
            run_all(peer, env, rounds=(3, 4, 2, 1))
            subprocess.run([*report, "--print"], env=env, check=True)
        return
    run_all(peer, os.environ, rounds=(12, 20, 7, 1))
    subprocess.run(report, check=True)


def run_all(peer: list[str], env: Mapping[str, str], rounds: tuple[int, int, int, int]) -> None:
    """Each benchmark in a process of its own.

    Args:
        peer: arguments that name the peers' interpreter.
        env: environment of all.
        rounds: of latency, cold starts, translation, and translation's slow peers.
    """
    latency, cold_start, fast, slow = map(str, rounds)
    for name, arguments in (
        ("latency", [*peer, "--rounds", latency]),
        ("cold_start", [*peer, "--rounds", cold_start]),
        ("memory", []),
        ("translation", [*peer, "--rounds", fast, "--slow-rounds", slow]),
        ("translation_scale", []),
        ("recommendation", [*peer, "--rounds", latency]),
        ("cost", []),  # of the results of the others
    ):
        command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
        subprocess.run(command, env=env, check=True)
    # In the peers' environment, which can write graphs over catalogues of every size.
    scale = [peer[1], "-m", "benchmarks.recommendation_scale"]
    subprocess.run(scale, env={**env, "OMP_NUM_THREADS": "1"}, check=True)


if __name__ == "__main__":
    main()
