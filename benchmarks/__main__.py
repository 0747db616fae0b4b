"""`make bench`: every benchmark that needs no training data, then RESULTS.md.

    python -m benchmarks --peer-python .venv-train/bin/python [--quick]

Quality is measured by benchmarks.quality, which needs trained models and the data sets.
"""

import argparse
import os
import subprocess
import sys

from benchmarks.cold_start import BUILD


def main() -> None:
    """Run each benchmark in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer-python", default=".venv-train/bin/python")
    parser.add_argument("--quick", action="store_true", help="few rounds; the ratios only")
    args = parser.parse_args()
    if not BUILD.is_dir():
        raise SystemExit("the built artifacts are not there: run 'make build' first")
    if any(load > 0.8 for load in os.getloadavg()[:1]):
        print(f"warning: the machine is busy (load {os.getloadavg()[0]:.1f}); figures will be off")
    peer = ["--peer-python", args.peer_python]
    rounds = {"latency": "3" if args.quick else "12", "cold_start": "4" if args.quick else "20"}
    for name, extra in (
        ("latency", [*peer, "--rounds", rounds["latency"]]),
        ("cold_start", [*peer, "--rounds", rounds["cold_start"]]),
        ("memory", []),
        ("report", []),
    ):
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *extra], check=True)


if __name__ == "__main__":
    main()
