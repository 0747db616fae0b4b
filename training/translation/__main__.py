r"""Train, quantize, check and publish a translation model, in one command.

python -m training.translation --pairs mine.tsv --source en --target de --out build/models/mine
python -m training.translation --dataset retail --data-dir ../data --source en --target de fr es \
    --base FOLDER --minutes 120 --out layers/models/translation/en-mul
python -m training.translation import --model Helsinki-NLP/opus-mt-en-de --out build/models/opus
python -m training.translation rewrite --model build/models/mine
"""

import argparse
import os
import shlex
import sys
from pathlib import Path

from training.errors import DataError, GateError
from training.translation.config import TrainConfig
from training.translation.data import load
from training.translation.datasets import LOADERS

DEFAULTS = TrainConfig()


def _common(parser: argparse.ArgumentParser) -> None:
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
    parser = argparse.ArgumentParser(
        prog="python -m training.translation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument(
        "--pairs",
        type=Path,
        nargs="+",
        help="UTF-8 files, .gz or not, of lines 'text TAB translation'; with several targets each "
        "is named NAME.SOURCE-TARGET.tsv",
    )
    data.add_argument("--dataset", choices=sorted(LOADERS), help="a public collection by name")
    parser.add_argument("--data-dir", type=Path, help="folder of the public collections")
    parser.add_argument("--source", nargs="+", required=True, help="codes to translate from")
    parser.add_argument("--target", nargs="+", required=True, help="codes to translate into")
    parser.add_argument(
        "--base", type=Path, help="folder of a Marian model with tokenizer.json to go on from"
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
    parser.add_argument(
        "--minutes",
        type=float,
        default=DEFAULTS.minutes,
        help="of training; the learning rate falls to zero over them (default %(default)s)",
    )
    parser.add_argument("--learning-rate", type=float, default=DEFAULTS.learning_rate)
    parser.add_argument(
        "--batch-tokens",
        type=int,
        default=DEFAULTS.batch_tokens,
        help="padded tokens of a step (default %(default)s; more on a GPU)",
    )
    parser.add_argument("--threads", type=int, help="of torch (default: all processors)")
    parser.add_argument("--seed", type=int, default=DEFAULTS.seed)
    parser.add_argument(
        "--work-dir", type=Path, help="checkpoints (default: build/checkpoints/NAME)"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    _common(parser)
    return parser


def build_import_parser() -> argparse.ArgumentParser:
    """The command line of importing."""
    parser = argparse.ArgumentParser(
        prog="python -m training.translation import",
        description="Turn a Marian checkpoint, such as those of OPUS-MT, into a served model.",
    )
    parser.add_argument("--model", required=True, help="hub id or folder")
    parser.add_argument("--source", help="code (default: what its tokenizer says)")
    parser.add_argument("--target", nargs="+", help="codes (default: what its tokenizer says)")
    parser.add_argument(
        "--text", type=Path, help="lines in the source language to find int8 ranges on"
    )
    _common(parser)
    return parser


def build_rewrite_parser() -> argparse.ArgumentParser:
    """The command line of rewriting."""
    parser = argparse.ArgumentParser(
        prog="python -m training.translation rewrite",
        description="Build a served model's graphs anew, of the same weights.",
    )
    parser.add_argument("--model", type=Path, required=True, help="served folder")
    parser.add_argument("--out", type=Path, help="served folder (default: the same)")
    parser.add_argument(
        "--test", type=Path, nargs="+", default=[], help="sets to measure BLEU and chrF on again"
    )
    parser.add_argument("--card", type=Path, help="model card (default: OUT/README.md)")
    return parser


PARSERS = {"import": build_import_parser, "rewrite": build_rewrite_parser}


def recorded_command(arguments: list[str]) -> str:
    """The command as spec.json states it.

    Without this machine's folders, and as if never interrupted: that changes no result.
    """
    kept = [argument for argument in arguments if argument != "--resume"]
    if "--data-dir" in kept:
        data_dir = kept[kept.index("--data-dir") + 1].rstrip("/")
        kept = [
            f"DATA_DIR{argument.removeprefix(data_dir)}"
            if argument.startswith(data_dir)
            else argument
            for argument in kept
        ]
    for option, shown in (("--base", "BASE"), ("--work-dir", "")):
        if option in kept:
            place = kept.index(option)
            kept[place : place + 2] = [option, shown] if shown else []
    return shlex.join(["python", "-m", "training.translation", *kept])


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when a model was published, 2 for unusable input, 3 for the gate."""
    arguments = sys.argv[1:] if argv is None else argv
    kind = arguments[0] if arguments[:1] and arguments[0] in PARSERS else ""
    parser = PARSERS[kind]() if kind else build_parser()
    args = parser.parse_args(arguments[1:] if kind else arguments)
    # OpenMP's threads spin while they wait, which on a busy machine costs a training most of its
    # speed; the library reads this when torch loads it.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    command = recorded_command(arguments)
    # Torch is imported only when the data are read: a mistake should not take seconds to be told.
    try:
        if kind == "import":
            from training.translation.importing import run as run_import

            run_import(args, command)
        elif kind == "rewrite":
            from training.translation.rewriting import run as run_rewrite

            run_rewrite(args)
        else:
            data = load(args)
            from training.translation.command import run

            run(data, args, command)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except GateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
