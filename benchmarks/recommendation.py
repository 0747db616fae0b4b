"""How long does a recommendation take, for 1 user and for 64, beside torch on the same weights?

python -m benchmarks.recommendation --peer-python .venv-train/bin/python
"""

import argparse
import os
import sys
import tempfile

from benchmarks.blocks import Process, summary
from benchmarks.latency import ONE_THREAD, measure
from benchmarks.machine import packages_of, write
from shared.settings import get_settings

SIZES = (1, 64)


def main(argv: list[str] | None = None) -> None:
    """Measure and write results/recommendation.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer-python", default=".venv-train/bin/python")
    parser.add_argument("--rounds", type=int, default=10)
    args = parser.parse_args(argv)
    folder = str(get_settings().model_dir("recommendation"))
    with tempfile.TemporaryDirectory() as scratch:
        env = {**os.environ, **ONE_THREAD, "HISTORY_DB": f"{scratch}/history.db"}
        processes = [
            Process([sys.executable, "-m", "benchmarks.recommendation_blocks"], env),
            Process([args.peer_python, "-m", "benchmarks.peers.sequence", folder], env),
        ]
        ways = {
            str(size): {
                name: summary(values)
                for name, values in measure(processes, size, args.rounds).items()
            }
            for size in SIZES
        }
        for process in processes:
            process.close()
    result = {"peer_packages": packages_of(args.peer_python), "history": 50, "k": 10, "users": ways}
    path = write("recommendation", "make bench", result)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
