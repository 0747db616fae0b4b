r"""What is bought together: counted from baskets, for the folder of a model that has none yet.

A training writes the table by itself. For a folder that was trained before there was one::

    python -m training.recommendation.together --dataset online-retail --data-dir ../data \
        --model layers/models/recommendation
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from functions.recommendation.catalogue import CATALOGUE_FILE, Catalogue
from functions.recommendation.together import TOGETHER_FILE, Together
from shared.models.spec import describe_files, read_spec, write_spec
from training.command import exit_code, recorded_command
from training.errors import DataError
from training.recommendation.config import Options
from training.recommendation.data import load
from training.recommendation.datasets import LOADERS
from training.recommendation.interactions import EVENTS, Case, History, split

MODULE = "training.recommendation.together"
PURCHASE = EVENTS.index("purchase")
FEWEST_BASKETS = 3  # with both items
SHRINKAGE = 10.0  # baskets; a pair of as many has half of its strength
MOST_PARTNERS = 10  # that an item chooses; others may choose it besides
MOST_ITEMS = 200  # of a basket that counts: larger ones are a shop's own orders
_PAIRS_AT_ONCE = 20_000_000

Array = NDArray[np.int64]


def baskets_of(histories: Sequence[History]) -> Iterator[Array]:
    """Items had at one time by one user, each once: bought ones where anything was bought."""
    bought = any((history.events == PURCHASE).any() for history in histories)
    for history in histories:
        items, times = history.items, history.times
        if bought:
            chosen = history.events == PURCHASE
            items, times = items[chosen], times[chosen]
        starts = np.flatnonzero(np.diff(times, prepend=np.nan) != 0)
        for start, end in pairwise([*starts.tolist(), len(items)]):
            basket = np.unique(items[start:end])
            if 1 < len(basket) <= MOST_ITEMS:
                yield basket


def _summed(codes: Array, counts: Array) -> tuple[Array, Array]:
    """Each code once, with the sum of its counts."""
    found, places = np.unique(codes, return_inverse=True)
    return found, np.bincount(places, counts, len(found)).astype(np.int64)


def count_pairs(baskets: Sequence[Array], items: int) -> tuple[Array, Array]:
    """Pairs of items, the lesser first, as ``first * items + second``, and baskets with both."""
    codes, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    waiting: list[Array] = []
    size = 0
    for place, basket in enumerate(baskets):
        first, second = np.triu_indices(len(basket), 1)
        waiting.append(basket[first] * items + basket[second])
        size += len(first)
        if size > _PAIRS_AT_ONCE or place == len(baskets) - 1:
            new = np.concatenate(waiting)
            added = np.concatenate([counts, np.ones(len(new), np.int64)])
            codes, counts = _summed(np.concatenate([codes, new]), added)
            waiting, size = [], 0
    return codes, counts


def strengths_of(both: Array, first: Array, second: Array, baskets: int) -> NDArray[np.float64]:
    """Normalised pointwise mutual information, shrunk; at most 1, negative where it is avoided.

    Args:
        both: (P,) baskets with both items of a pair.
        first: (P,) baskets with the first.
        second: (P,) baskets with the second.
        baskets: all.
    """
    information = np.log(both * baskets / (first * second))
    normalised = information / np.maximum(-np.log(both / baskets), 1e-9)
    shrunk: NDArray[np.float64] = normalised * both / (both + SHRINKAGE)
    return shrunk


def together_of(histories: Sequence[History], items: int) -> Together:
    """The table of a catalogue of ``items``."""
    baskets = list(baskets_of(histories))
    single = np.bincount(np.concatenate([*baskets, np.zeros(0, np.int64)]), minlength=items)
    codes, both = count_pairs(baskets, items)
    often = both >= FEWEST_BASKETS
    codes, both = codes[often], both[often]
    first, second = np.divmod(codes, items)
    strengths = strengths_of(both, single[first], single[second], max(len(baskets), 1))
    rows = np.concatenate([first, second])
    others = np.concatenate([second, first])
    pairs = np.tile(np.arange(len(codes)), 2)
    order = np.lexsort((others, -strengths[pairs], rows))
    rank = np.arange(len(order)) - np.searchsorted(rows[order], rows[order])
    chosen = np.zeros(len(codes), bool)  # by either of both items: the table is symmetrical
    chosen[pairs[order][rank < MOST_PARTNERS]] = True
    chosen &= strengths > 0
    kept = order[chosen[pairs[order]]]
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows[kept], minlength=items))])
    return Together(starts, others[kept], np.minimum(strengths[pairs[kept]], 1.0))


def hit_rate(
    table: Together, popular: Sequence[int], cases: Sequence[Case], k: int = 10
) -> tuple[float, float]:
    """How often one item of a basket is among ``k`` named for the others, and among popular ones.

    Args:
        table: made without the cases.
        popular: rows, most popular first.
        cases: whose baskets are tried, each with its middle item left out.
        k: how many items are named.
    """
    hits = popular_hits = tried = 0
    for case in cases:
        if 1 < len(case.basket) <= MOST_ITEMS:
            place = len(case.basket) // 2
            wanted, rest = case.basket[place], np.delete(case.basket, place)
            best = np.argsort(-table.with_basket(rest.tolist()), kind="stable")[:k]
            hits += int(wanted in best)
            apart = set(rest.tolist())
            popular_hits += int(wanted in [row for row in popular if row not in apart][:k])
            tried += 1
    return hits / max(tried, 1), popular_hits / max(tried, 1)


def add_table(options: Options, model: Path, command: str) -> None:
    """Make the table from the data of a model, and write it into the model's folder.

    Raises:
        DataError: the data are not those of the model.
    """
    data = load(options)
    catalogue = Catalogue.load(model / CATALOGUE_FILE)
    if [item.item_id for item in data.catalogue] != catalogue.ids:
        raise DataError(f"The catalogue of {model} is not that of these data: train it anew.")
    parts = split(data)
    table = together_of(parts.refit, len(catalogue))
    popular = np.argsort(-catalogue.popularity, kind="stable").tolist()
    found, by_popularity = hit_rate(table, popular, parts.test)
    print(
        f"an item left out of a held-out basket is among 10 named: {found:.3f}, "
        f"among the 10 most popular: {by_popularity:.3f}"
    )
    table.save(model / TOGETHER_FILE)
    spec = read_spec(model)
    files = describe_files(model, sorted({*spec.files, TOGETHER_FILE}))
    training = spec.training | {"bought_together": command}
    write_spec(model, spec.model_copy(update={"files": files, "training": training}))
    print(f"{len(table.others) // 2:,} pairs, {files[TOGETHER_FILE].size_bytes:,} bytes")


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when the table was written, 2 for unusable input."""
    arguments = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=Path, help="CSV: user_id, item_id, event, timestamp")
    parser.add_argument("--items", type=Path, help="CSV: item_id, title and fields")
    parser.add_argument("--dataset", choices=sorted(LOADERS), help="public data, with --data-dir")
    parser.add_argument("--data-dir", type=Path, help="folder of the public data")
    parser.add_argument("--model", type=Path, required=True, help="folder of the served model")
    given = vars(parser.parse_args(arguments))
    model = given.pop("model")
    command = recorded_command(MODULE, arguments)
    return exit_code(lambda: add_table(Options(**given), model, command))


if __name__ == "__main__":
    sys.exit(main())
