r"""Train, quantize, check and publish a translation model, in one command.

python -m training.translation --pairs mine.tsv --source en --target de --out build/models/mine
python -m training.translation --dataset retail --data-dir ../data --source en --target de fr es \
    --minutes 120 --out build/models/en-mul
python -m training.translation --base e5 --dataset domains --data-dir ../data \
    --source en de fr es --target en de fr es --minutes 600 --out build/models/all
python -m training.translation import --model Helsinki-NLP/opus-mt-en-de --out build/models/opus
python -m training.translation import --firefox en-pt --out build/models/en-pt
python -m training.translation rewrite --model build/models/mine
python -m training.translation calibrate --model build/models/mine --judged mine.tsv --test X.tsv
python -m training.translation evaluate --model build/models/mine --test other.en-de.tsv \
    --report out.html
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.command import command_parser, exit_code
from training.evaluating import (
    EVALUATE,
    add_evaluation_options,
    add_report_options,
    run_evaluation,
)
from training.translation import evaluation, import_model, rewrite, train
from training.translation.config import MODULE, MOST_WEIGHT, EvaluateOptions, TrainConfig
from training.translation.config import recorded as recorded_command
from training.translation.datasets import DOMAINS, LOADERS
from training.translation.firefox.options import FIREFOX_OPTIONS
from training.translation.firefox.options import add_options as add_firefox_options
from training.translation.judgements import JUDGED, SURE, VERDICTS

DEFAULTS = TrainConfig()


def _add_results(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--test",
        type=Path,
        nargs="+",
        default=[],
        help="pairs to report BLEU and chrF on, as --pairs",
    )
    parser.add_argument("--out", type=Path, help="served folder (default: build/models/NAME)")
    parser.add_argument("--name", help="name of the model in answers")
    parser.add_argument("--licence", help="of the weights")
    parser.add_argument("--card", type=Path, help="model card (default: OUT/README.md)")
    parser.add_argument(
        "--golden", type=Path, help="TSV: source language, target language, text, accepted"
    )


def build_parser() -> argparse.ArgumentParser:
    """The command line of training."""
    parser = command_parser(MODULE, __doc__)
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument(
        "--pairs",
        type=Path,
        nargs="+",
        help="UTF-8 files, .gz or not, of lines 'text TAB translation'; with several targets each "
        "is named NAME.SOURCE-TARGET.tsv",
    )
    data.add_argument("--dataset", choices=[*LOADERS, DOMAINS], help="a public collection by name")
    parser.add_argument("--data-dir", type=Path, help="folder of the public collections")
    parser.add_argument("--source", nargs="+", required=True, help="codes to translate from")
    parser.add_argument("--target", nargs="+", required=True, help="codes to translate into")
    _add_start(parser)
    _add_knobs(parser)
    _add_results(parser)
    _add_dictionary(parser, 0.0)
    add_report_options(parser, "report.html beside the card")
    return parser


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= MOST_WEIGHT:
        raise argparse.ArgumentTypeError(f"{text} is no number from 0 to {MOST_WEIGHT:.0f}")
    return weight


def _add_dictionary(parser: argparse.ArgumentParser, default: float | None) -> None:
    parser.add_argument(
        "--dictionary-weight",
        type=_weight,
        default=default,
        metavar="NATS",
        help="by which serving makes likelier what the dictionary says that words become, from 0 "
        f"to {MOST_WEIGHT:.0f}; a small model gains most at about 2, in directions between "
        "English, German, French and Spanish "
        + ("(default: as it is)" if default is None else "(default: 0, none)"),
    )


def _add_start(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--base",
        type=Path,
        help="e5, or a hub id or folder of multilingual-e5-small, for a new model whose encoder is "
        "that one; or folder of a Marian model with tokenizer.json to go on from",
    )
    parser.add_argument(
        "--start",
        type=Path,
        help="folder of a model with tokenizer.json to go on from, such as a served one",
    )
    parser.add_argument(
        "--weights",
        nargs="+",
        default=[],
        metavar="DOMAIN=WEIGHT",
        help="how often a pair of a domain is drawn (default: training/translation/domains.py)",
    )
    parser.add_argument(
        "--keep",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="of the base's weights in the published ones, which are otherwise the new ones: what "
        "the base knew is forgotten less (default %(default)s)",
    )
    parser.add_argument(
        "--vocabulary", type=int, default=12_000, help="pieces, without --base (%(default)s)"
    )


def _add_knobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--minutes",
        type=float,
        default=DEFAULTS.minutes,
        help="of training; the learning rate falls over them (default %(default)s)",
    )
    parser.add_argument("--learning-rate", type=float, default=DEFAULTS.learning_rate)
    parser.add_argument(
        "--end-rate",
        type=float,
        default=DEFAULTS.end_rate,
        metavar="SHARE",
        help="of the learning rate that is left at the end, for another training to go on from "
        "(default %(default)s)",
    )
    parser.add_argument(
        "--batch-tokens",
        type=int,
        default=DEFAULTS.batch_tokens,
        help="padded tokens of a step (default %(default)s; more on a GPU)",
    )
    parser.add_argument("--threads", type=int, help="of torch (default: all processors)")
    parser.add_argument(
        "--workers", type=int, default=0, help="processes that draw pairs ahead, for a GPU"
    )
    parser.add_argument("--seed", type=int, default=DEFAULTS.seed)
    parser.add_argument(
        "--work-dir", type=Path, help="checkpoints (default: build/checkpoints/NAME)"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")


def build_import_parser() -> argparse.ArgumentParser:
    """The command line of importing."""
    parser = command_parser(
        f"{MODULE} import",
        "Turn a Marian checkpoint, such as those of OPUS-MT, a BART one with target tags, or one "
        "of Firefox Translations' models into a served model.",
    )
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--model", help="hub id or folder of a Marian checkpoint")
    kind.add_argument("--firefox", metavar="PAIR", help="pair of Firefox's, such as en-pt")
    parser.add_argument("--source", help="code (default: what its tokenizer says)")
    parser.add_argument("--target", nargs="+", help="codes (default: what its tokenizer says)")
    parser.add_argument(
        "--text", type=Path, help="lines in the source language to find int8 ranges on"
    )
    parser.add_argument(
        "--pairs",
        type=Path,
        nargs="+",
        default=[],
        help="NAME.SOURCE-TARGET.tsv[.gz]: write each target language with the pieces that occur "
        "in it, which is quicker (default: with all pieces)",
    )
    _add_results(parser)
    add_firefox_options(parser)
    return parser


def build_rewrite_parser() -> argparse.ArgumentParser:
    """The command line of rewriting."""
    parser = command_parser(
        f"{MODULE} rewrite", "Build a served model's graphs anew, of the same weights."
    )
    parser.add_argument("--model", type=Path, required=True, help="served folder")
    parser.add_argument("--out", type=Path, help="served folder (default: the same)")
    parser.add_argument(
        "--test", type=Path, nargs="+", default=[], help="sets to measure BLEU and chrF on again"
    )
    _add_dictionary(parser, None)
    parser.add_argument("--card", type=Path, help="model card (default: OUT/README.md)")
    return parser


def build_evaluate_parser() -> argparse.ArgumentParser:
    """The command line of evaluating."""
    defaults = EvaluateOptions()
    parser = command_parser(
        f"{MODULE} {EVALUATE}",
        "Translate by served models and compare with references; figures and a page with plots.",
    )
    parser.add_argument(
        "--test",
        type=Path,
        nargs="+",
        required=True,
        help="pairs, named NAME.SOURCE-TARGET.tsv (or .tsv.gz) or with --columns",
    )
    parser.add_argument(
        "--columns", nargs="+", default=[], help="codes of the columns, where names say none"
    )
    parser.add_argument(
        "--source", nargs="+", default=[], help="codes to translate from (default: all served)"
    )
    parser.add_argument(
        "--target", nargs="+", default=[], help="codes to translate into (the same)"
    )
    parser.add_argument(
        "--most",
        type=int,
        default=defaults.most,
        help="lines of each file and direction (default %(default)s)",
    )
    add_evaluation_options(parser, defaults.model)
    return parser


def build_calibrate_parser() -> argparse.ArgumentParser:
    """The command line of calibrating."""
    parser = command_parser(
        f"{MODULE} calibrate",
        "Fit the confidence of a served model's translations to judgements of them, and write it "
        "into its spec.json.",
    )
    parser.add_argument("--model", type=Path, required=True, help="served folder")
    parser.add_argument(
        "--judged",
        type=Path,
        required=True,
        metavar="TSV",
        help=f"columns {', '.join(JUDGED)}; a verdict is {', '.join(VERDICTS)}",
    )
    parser.add_argument(
        "--test",
        type=Path,
        nargs="+",
        required=True,
        help="pairs with references: NAME.SOURCE-TARGET.tsv, or a column for each of en de fr es",
    )
    return parser


def _calibrate(options: dict[str, Any], _: str) -> None:
    from training.translation.calibrating import calibrate

    found = calibrate(options["model"], options["test"], options["judged"])
    print(
        f"{found.right} of {found.lines} judged lines are right; with weights of the other half, "
        f"{found.sure_right} of the {found.sure} that are at least {SURE} sure are; calibration "
        f"error {found.error:.3f}"
    )


def _import(options: dict[str, Any], command: str) -> object:
    """Import one of Firefox's models where a pair of it is named, else a Marian checkpoint."""
    if options["firefox"]:
        from training.translation.firefox.command import run

        return run(argparse.Namespace(**options), command)
    own = {name: value for name, value in options.items() if name not in FIREFOX_OPTIONS}
    return import_model(**own, command=command)


Run = Callable[[dict[str, Any], str], object]  # of options and the recorded command
COMMANDS: dict[str, tuple[Callable[[], argparse.ArgumentParser], Run]] = {
    "": (build_parser, lambda options, command: train(**options, command=command)),
    "import": (build_import_parser, _import),
    "calibrate": (build_calibrate_parser, _calibrate),
    "rewrite": (build_rewrite_parser, lambda options, _: rewrite(**options)),
}


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when all went well, 2 for unusable input, 3 for the gate."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] == [EVALUATE]:
        options = vars(build_evaluate_parser().parse_args(arguments[1:]))
        return run_evaluation(options, evaluation.evaluate, evaluation.show)
    kind = arguments[0] if arguments[:1] and arguments[0] in COMMANDS else ""
    build, run = COMMANDS[kind]
    options = vars(build().parse_args(arguments[1:] if kind else arguments))
    return exit_code(lambda: run(options, recorded_command(arguments)))


if __name__ == "__main__":
    sys.exit(main())
