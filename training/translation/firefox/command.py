"""`python -m training.translation import --firefox PAIR`: fetch, read, convert, check, publish."""

import argparse
from pathlib import Path

from shared.models.spec import ModelSpec
from training.errors import DataError
from training.folders import check_out
from training.translation.firefox import standins
from training.translation.firefox.binary import read_binary
from training.translation.firefox.lexicon import read_lexicon
from training.translation.firefox.publish import Imported, publish
from training.translation.firefox.registry import from_registry
from training.translation.firefox.samples import sample_lines, shop_pairs
from training.translation.firefox.sources import (
    PairFiles,
    from_folder,
    from_package,
    package_pairs,
)
from training.translation.firefox.tables import Tables
from training.translation.firefox.vocabulary import convert, prove_equal, read_vocabulary
from training.translation.firefox.weights import arrange
from training.translation.pairs import read_pairs

DOWNLOADS = Path("build/firefox")
GOLDEN_LINES = 3
_PLACED = "Your order ⟦0⟧ is on its way."


def find_files(args: argparse.Namespace) -> PairFiles:
    """The files of the pair that the command line names.

    Raises:
        DataError: they cannot be had.
    """
    pair = args.firefox.lower()
    origin = args.origin or ("package" if pair in package_pairs() else "registry")
    if origin == "package":
        return from_package(pair)
    if origin == "registry":
        return from_registry(pair, args.registry, DOWNLOADS, args.architecture)
    return from_folder(Path(origin), pair)


def read_pair(files: PairFiles, name: str, licence: str, command: str) -> Imported:
    """Read a pair's files.

    Raises:
        DataError: they do not fit together, or are of a shape that is not served.
    """
    pieces = read_vocabulary(files.vocabularies[0]), read_vocabulary(files.vocabularies[1])
    weights = arrange(read_binary(files.model))
    sizes = weights.architecture.vocabularies
    if sizes != (pieces[0].get_piece_size(), pieces[1].get_piece_size()):
        raise DataError(
            f"{files.model.name} has vocabularies of {sizes[0]:,} and {sizes[1]:,} pieces, its "
            f"files {pieces[0].get_piece_size():,} and {pieces[1].get_piece_size():,}."
        )
    lexicon = read_lexicon(files.lexicon, sizes) if files.lexicon else None
    tables = Tables(weights, standins.find(*pieces), lexicon, files.target)
    return Imported(files, tables, pieces, name, licence, command)


def run(args: argparse.Namespace, command: str) -> ModelSpec:
    """Import a pair as the command line says.

    Raises:
        DataError: its files cannot be had or read, or ``--out`` is taken.
        GateError: int8 departs from fp32; nothing was published.
    """
    files = find_files(args)
    pair = f"{files.source}-{files.target}"
    name = args.name or f"firefox-{pair}"
    out = args.out or Path("build/models") / name
    check_out(out)
    lines = sample_lines(files.source, args.text)
    imported = read_pair(files, name, args.licence or files.licence, command)
    prove_equal(imported.pieces[0], convert(imported.pieces[0]), lines)
    print(f"the converted vocabulary gives the same ids on {len(lines):,} lines")
    tests = {path.name: read_pairs(path, files.source, files.target) for path in args.test}
    if own := shop_pairs(files.source, files.target):
        tests["the project's own shop sentences"] = own
    golden = [line for line in lines if len(line.split()) > 2][:GOLDEN_LINES]
    if files.source == "en" and imported.tables.standins.source:
        golden.append(_PLACED)
    return publish(imported, lines, tests, golden, out, args.card or out / "README.md")
