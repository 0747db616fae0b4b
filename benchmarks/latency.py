"""How long do 1, 8 and 32 texts take, beside the peers? All with one thread, in one run.

python -m benchmarks.latency --peer-python .venv-train/bin/python
"""

import argparse
import os
import sys

from benchmarks.blocks import Process, summary
from benchmarks.machine import packages_of, write

SIZES = (1, 8, 32)
OWN = "the served graph's own int8 ones, in fp32"
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "INTRA_OP_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "LOG_LEVEL": "INFO",
    "TRANSFORMERS_VERBOSITY": "critical",
    "PYTHONWARNINGS": "ignore",
}


def measure(processes: list[Process], size: int, rounds: int) -> dict[str, list[float]]:
    """Milliseconds by way; the processes take turns, and the first round only warms up."""
    times: dict[str, list[float]] = {}
    for round_number in range(rounds + 1):
        for process in processes:
            for name, values in process.block(size).items():
                if round_number:
                    times.setdefault(name, []).extend(values)
    return times


def main(argv: list[str] | None = None) -> None:
    """Measure and write results/latency.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer-python", default=".venv-train/bin/python")
    parser.add_argument("--checkpoint", help="fp32 weights of the peers (default: the served ones)")
    parser.add_argument("--rounds", type=int, default=10)
    args = parser.parse_args(argv)
    env = {**os.environ, **ONE_THREAD}
    checkpoint = [args.checkpoint] if args.checkpoint else []
    processes = [
        Process([sys.executable, "-m", "benchmarks.ours"], env),
        Process([args.peer_python, "-m", "benchmarks.peers.pipelines", *checkpoint], env),
    ]
    ways = {}
    for size in SIZES:
        times = measure(processes, size, args.rounds if size < max(SIZES) else args.rounds * 2)
        ways[str(size)] = {name: summary(values) for name, values in times.items()}
    for process in processes:
        process.close()
    weights = f"those of {args.checkpoint}, in fp32" if args.checkpoint else OWN
    result = {
        "peer_packages": packages_of(args.peer_python),
        "peer_weights": weights,
        "texts": ways,
    }
    path = write("latency", "make bench", result)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
