"""Evaluating served translation models on sentence pairs. Imports without torch."""

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations, product
from pathlib import Path
from typing import Any

from functions.translation.text.languages import Routes
from shared.models.folder import model_folders
from shared.models.spec import read_spec
from training.errors import DataError
from training.evaluating import Evaluated, evaluated, names_of
from training.options import keywords
from training.reports.page import Page
from training.translation.answers import Hop, ask
from training.translation.config import EvaluateOptions
from training.translation.data import DIRECTION
from training.translation.judging import summary
from training.translation.pairs import Pair, read_pairs, read_tsv

REPORTED = EvaluateOptions().most  # lines of each set in a training's own report


@keywords(EvaluateOptions)
def evaluate(options: EvaluateOptions) -> Evaluated:
    """Translate by served models, through the service itself, and compare with references.

    The fields of `EvaluateOptions` are the keywords:

        evaluate(test="mine.en-de.tsv", model="build/models/mine")

    Raises:
        DataError: the pairs or the folder cannot be used, or a package for the page is missing.
    """
    if not options.test:
        raise DataError("Give test, files of sentence pairs.")

    def measure() -> tuple[dict[str, Any], Callable[[], Page]]:
        specs = {name: read_spec(path) for name, path in model_folders(options.model).items()}
        hops = directions(Routes.of(specs), options.source, options.target)
        sets = read_sets(options.test, options.columns, hops)
        return measured(options.model, sets, options.most)

    return evaluated(options.model, (options.report, options.no_report), measure)


def measured(
    folder: Path, sets: Mapping[str, Sequence[Pair]], most: int = REPORTED
) -> tuple[dict[str, Any], Callable[[], Page]]:
    """The figures of a folder on pairs of one direction each, and what makes a page of them."""
    answers = ask(folder, sets, most)

    def make() -> Page:
        from training.reports.translation import page

        return page(answers)

    return summary(answers), make


def directions(routes: Routes, sources: Sequence[str], targets: Sequence[str]) -> list[Hop]:
    """The directions that are to be evaluated.

    Raises:
        DataError: the models serve none of these.
    """
    direct = list(routes.models)
    if sources and targets:
        served = {(s, t) for s, t in product(sources, targets) if s != t and routes.hops(s, t)}
    else:
        served = {(s, t) for s, t in direct if s in (sources or (s,)) and t in (targets or (t,))}
    if not served:
        known = ", ".join(f"{source}-{target}" for source, target in sorted(direct))
        raise DataError(f"The models serve no such direction; they serve {known}.")
    return sorted(served)


def read_sets(
    paths: Sequence[Path], columns: Sequence[str], hops: Sequence[Hop]
) -> dict[str, list[Pair]]:
    """Pairs by file and direction.

    Raises:
        DataError: a file does not say its languages, or has no pair of these directions.
    """
    found: dict[str, list[Pair]] = {}
    names = names_of(paths)
    for path in paths:
        named = DIRECTION.search(path.name)
        if named:
            pairs = read_pairs(path, named[1], named[2])
            of_file = {(named[1], named[2]): pairs}
            of_file[named[2], named[1]] = [pair.reverse() for pair in pairs]
        elif columns:
            of_file = _of_columns(path, columns)
        else:
            raise DataError(
                f"{path}: its name does not say its languages; name it like "
                f"{path.name.split('.')[0]}.en-de.tsv, or give --columns en de."
            )
        name = DIRECTION.sub("", names[path]).removesuffix(".gz").removesuffix(".tsv")
        kept = {hop: [pair for pair in of_file.get(hop, []) if _is_whole(pair)] for hop in hops}
        if not any(kept.values()):
            wanted = ", ".join(f"{source}-{target}" for source, target in hops)
            raise DataError(f"{path} has no pair of {wanted}.")
        found |= {f"{name} {s}-{t}": pairs for (s, t), pairs in kept.items() if pairs}
    return found


def by_hop(sets: Mapping[str, Sequence[Pair]]) -> dict[str, list[Pair]]:
    """The same pairs with one direction in each set."""
    found: dict[str, list[Pair]] = {}
    for name, pairs in sets.items():
        hops = dict.fromkeys((pair.source_language, pair.target_language) for pair in pairs)
        for source, target in hops:
            of_hop = [
                p for p in pairs if (p.source_language, p.target_language) == (source, target)
            ]
            hop = f"{source}-{target}"
            found[name if name.endswith(hop) else f"{name} {hop}"] = of_hop
    return found


def _is_whole(pair: Pair) -> bool:
    return bool(pair.source and pair.target)


def _of_columns(path: Path, columns: Sequence[str]) -> dict[Hop, list[Pair]]:
    rows = read_tsv(path)
    short = next((n for n, row in enumerate(rows, 1) if len(row) < len(columns)), None)
    if short is not None:
        raise DataError(f"{path}, line {short}: fewer columns than --columns names.")
    places = permutations(range(len(columns)), 2)
    return {
        (columns[a], columns[b]): [
            Pair(row[a].strip(), row[b].strip(), columns[a], columns[b]) for row in rows
        ]
        for a, b in places
    }


def show(figures: Mapping[str, Any]) -> None:
    """Print the figures of every set as a table."""
    print(" ".join(figures["models"]))
    heads = ("lines", "chrF", "BLEU", "review")
    print(f"{'set':44}" + "".join(f"{head:>8}" for head in heads))
    for name, of in figures["sets"].items():
        served = of["served"]
        cells = (of["lines"], f"{served['chrf']:.1f}", f"{served['bleu']:.1f}", of["review"])
        print(f"{name:44}" + "".join(f"{cell:>8}" for cell in cells))
