r"""Train, quantize, check and publish a recommendation model, in one command.

python -m training.recommendation --events events.csv --items items.csv --out build/models/mine
python -m training.recommendation --dataset online-retail --data-dir ../data \
    --out layers/models/recommendation
"""

import argparse
import shlex
import sys
from pathlib import Path

from training.errors import DataError, GateError
from training.folders import check_out
from training.recommendation.datasets import LOADERS, read_sequences
from training.recommendation.files import read_files
from training.recommendation.interactions import Interactions, split

SHOWN_DATA_DIR = "DATA_DIR"


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.recommendation",
        description="Train a sequence model on what users did, and publish it.",
    )
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--events", type=Path, help="CSV: user_id, item_id, event, timestamp")
    data.add_argument("--sequences", type=Path, help="one user a line: number, then items in order")
    data.add_argument("--dataset", choices=sorted(LOADERS), help="public data, with --data-dir")
    parser.add_argument(
        "--items",
        type=Path,
        help="CSV: item_id, title and fields to filter by (with --sequences: TSV, item_id, title)",
    )
    parser.add_argument("--data-dir", type=Path, help="folder of the public data")
    parser.add_argument("--out", type=Path, help="served folder (default: build/models/NAME)")
    parser.add_argument("--name", help="of the model in answers (default: sasrec-DATA)")
    parser.add_argument("--licence", help="of the weights (default: that of the data)")
    parser.add_argument("--card", type=Path, help="model card (default: OUT/README.md)")
    parser.add_argument("--epochs", type=int, default=200, help="at most (default %(default)s)")
    parser.add_argument("--batch-size", type=int, default=128, help="users (default %(default)s)")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument(
        "--averaging",
        type=float,
        default=0.0,
        metavar="DECAY",
        help="of an exponential average of the weights, such as 0.998 (default: none)",
    )
    parser.add_argument("--hidden", type=int, default=64, help="width (default %(default)s)")
    parser.add_argument(
        "--history", type=int, default=50, help="events it looks at (default %(default)s)"
    )
    parser.add_argument("--patience", type=int, default=5, help="validations without a gain")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="of torch (default: all processors)")
    parser.add_argument(
        "--refit",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="train anew for as many epochs with the validation baskets (default: yes)",
    )
    parser.add_argument(
        "--new-only",
        action=argparse.BooleanOptionalAction,
        help="train and measure for items that the user has not had (default: where no user of "
        "the data has an item twice)",
    )
    return parser


def load(args: argparse.Namespace) -> Interactions:
    """The data that the options name.

    Raises:
        DataError: they cannot be read.
    """
    if args.events:
        return read_files(args.events, args.items)
    if args.sequences:
        return read_sequences(args.sequences, args.items)
    if not args.data_dir:
        raise DataError("--dataset needs --data-dir, the folder that holds retail/.")
    return LOADERS[args.dataset](args.data_dir)


def recorded_command(arguments: list[str]) -> str:
    """The command as spec.json states it, without this machine's folders."""
    kept = list(arguments)
    if "--data-dir" in kept:
        kept[kept.index("--data-dir") + 1] = SHOWN_DATA_DIR
    return shlex.join(["python", "-m", "training.recommendation", *kept])


def run(data: Interactions, args: argparse.Namespace, command: str) -> None:
    """Train and publish.

    Raises:
        DataError: there is too little data.
        GateError: the int8 model is not faithful; nothing was published.
    """
    import torch

    from training.recommendation.model import ModelConfig
    from training.recommendation.publish import Facts, publish
    from training.recommendation.train import MOST_REPEATED_ITEMS, TrainConfig, refit, train

    label = args.dataset or (args.events or args.sequences).stem
    name = args.name or f"sasrec-{label}"
    out = args.out or Path("build/models") / name
    check_out(out)
    if args.threads:
        torch.set_num_threads(args.threads)
    parts = split(data)
    repeated = any(len(set(h.items.tolist())) < len(h) for h in data.histories)
    new_only = not repeated if args.new_only is None else args.new_only
    repeats = not new_only and len(data.catalogue) <= MOST_REPEATED_ITEMS
    if not repeats and not new_only:
        print(
            f"the catalogue has more than {MOST_REPEATED_ITEMS:,} items: having had one before is "
            "not learned from"
        )
    shape = ModelConfig(
        items=len(data.catalogue),
        length=args.history,
        hidden=args.hidden,
        dropout=args.dropout,
        repeats=repeats,
        timed=data.timed,
        typed=len({int(kind) for h in data.histories for kind in set(h.events.tolist())}) > 1,
    )
    config = TrainConfig(
        epochs=args.epochs,
        batch_size=args.batch_size,
        learning_rate=args.learning_rate,
        patience=args.patience,
        averaging=args.averaging,
        seed=args.seed,
    )
    trained = train(shape, parts.train, parts.validation, config, exclude_seen=new_only)
    model = trained.model
    if args.refit:
        model = refit(shape, parts.refit, trained.epochs, config)
    facts = Facts(
        name=name,
        licence=args.licence or " AND ".join(sorted({s.licence for s in data.sources})),
        training={
            "command": command,
            "base_model": "none",
            "epochs": trained.epochs,
            "learning_rate": config.learning_rate,
            "batch_size": config.batch_size,
            "dropout": shape.dropout,
            "seed": config.seed,
            "refit_with_validation": args.refit,
            "new_items_only": new_only,
            "validation": next((v for v in trained.history if v["epoch"] == trained.epochs), {}),
        },
        exclude_seen=new_only,
    )
    publish(model, data, parts, facts, out, args.card or out / "README.md")


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when a model was published, 2 for unusable input, 3 for the gate."""
    arguments = sys.argv[1:] if argv is None else argv
    args = build_parser().parse_args(arguments)
    try:
        run(load(args), args, recorded_command(arguments))
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except GateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
