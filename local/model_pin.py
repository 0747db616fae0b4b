"""Print what names the models of some places, so that a deployment serves no others.

    retail models pin layers/models/intent
    retail models pin s3://bucket/models/translation s3://bucket/models/pairs

Give all places that one service serves: its models and the further ones. The result, or its first
12 digits or more, is for INTENT_MODEL_VERSION, TRANSLATION_MODEL_VERSION or
RECOMMENDATION_MODEL_VERSION; in a stack for the parameter IntentModelVersion and its like.
"""

import argparse
import sys

from rich.console import Console

from local.command import CommandError, command_parser, exit_code
from shared.locations import parse_location
from shared.models.pins import pin_of
from shared.models.spec import ModelSpec
from shared.models.store import find_models, read_model_spec


def specs_at(places: list[str]) -> list[ModelSpec]:
    """Specs of all models of some places.

    Raises:
        CommandError: a place cannot be one.
        ModelError: there is no model, or it is not what its spec states.
        StoreUnavailable: S3 does not answer.
    """
    try:
        locations = [parse_location(place) for place in places]
    except ValueError as error:
        raise CommandError(str(error)) from error
    found = {name: one for place in locations[::-1] for name, one in find_models(place).items()}
    return [read_model_spec(place) for place in found.values()]


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_parser("retail models pin", __doc__)
    parser.add_argument("places", nargs="+", help="folders, or s3://bucket/prefix")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Print the pin; 0 when it is done, 2 where a model cannot be read."""
    args = build_parser().parse_args(argv)

    def run() -> None:
        specs = specs_at(args.places)
        for spec in specs:
            Console(stderr=True).print(spec.identifier)
        print(pin_of(specs))

    return exit_code(run, "nothing was changed")


if __name__ == "__main__":
    sys.exit(main())
