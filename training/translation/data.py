"""The pairs that the options name: read, turned the right way round, split."""

import random
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.models.spec import DataSource
from training.errors import DataError
from training.translation.config import Options, TrainConfig
from training.translation.datasets import DOMAINS, LOADERS
from training.translation.domains import OWN, has_every_language, pairs_across, read_domains
from training.translation.pairs import Pair, filtered, read_pairs

DIRECTION = re.compile(r"\.([a-z]{2,3})-([a-z]{2,3})\.tsv(?:\.gz)?$")
HELD_OUT = 1_000  # pairs, or 5 % where that is less, that are watched instead of trained on
FEWEST = 20
WATCHED = 150  # pairs of each test set that progress is told of


@dataclass
class Data:
    """Everything a training learns from and is measured on.

    Attributes:
        train: pairs in the weights they should have, the right way round.
        finish: those of the last part of the training; none where it is like the rest.
        held_out: pairs by name that progress is told of.
        test: pairs by name that the published figures are of.
        domains: pairs from English by domain, where they are drawn by weight; ``train`` and
            ``finish`` are then empty.
    """

    train: list[Pair]
    finish: list[Pair]
    held_out: dict[str, list[Pair]]
    test: dict[str, list[Pair]]
    sources: list[DataSource] = field(default_factory=list)
    domains: dict[str, list[Pair]] = field(default_factory=dict)


@dataclass(frozen=True)
class Given:
    """Pairs as the options name them, before any is left out."""

    train: list[Pair]
    finish: list[Pair]
    sources: list[DataSource]


def _given(options: Options) -> Given:
    source, target = options.source, options.target
    if options.dataset is None:
        pairs = [pair for path in options.pairs for pair in read_file(path, source, target)]
        name = ", ".join(path.name for path in options.pairs)
        own = DataSource(name=name, source="own", licence="own", rows=len(pairs))
        return Given(pairs, [], [own])
    if options.dataset not in LOADERS:
        allowed = ", ".join(sorted(LOADERS))
        raise DataError(f"No collection is named {options.dataset!r}; there are {allowed}.")
    collection = LOADERS[options.dataset](_data_dir(options))
    train, finish = (
        [turned for pair in pairs for turned in _turn(pair, source, target)]
        for pairs in (collection.train, collection.finish)
    )
    return Given(train, finish, collection.sources)


def _data_dir(options: Options) -> Path:
    if options.data_dir is None:
        raise DataError(f"--dataset {options.dataset} needs --data-dir, the folder of its files.")
    return options.data_dir


def _check_enough(kept: list[Pair], given: int, options: Options) -> None:
    wanted = {(s, t) for s in options.source for t in options.target if s != t}
    missing = wanted - {(pair.source_language, pair.target_language) for pair in kept}
    if len(kept) < FEWEST or (missing and len(options.source) == 1):
        raise DataError(
            f"{len(kept)} of {given} pairs can be used (at least {FEWEST}, and some for every "
            "direction): give more, with at most "
            f"{TrainConfig().max_words} words a line, and both columns filled."
        )


def load(options: Options) -> Data:
    """The data of a training.

    Raises:
        DataError: it cannot be used.
    """
    if bool(options.pairs) == (options.dataset is not None):
        raise DataError("Give either pairs, files of them, or dataset, the name of a public one.")
    if options.dataset == DOMAINS:
        return _by_domain(options)
    given = _given(options)
    kept, finish = _usable(given.train), _usable(given.finish)
    _check_enough(kept, len(given.train), options)
    test = by_direction(options.test, options.source, options.target)
    if test:
        watched = {name: _sample(pairs, WATCHED) for name, pairs in test.items()}
        return Data(kept, finish, watched, test, given.sources)
    train, held_out = _hold_out(kept)
    apart = {pair.source.lower() for pair in held_out}
    finish = [pair for pair in finish if pair.source.lower() not in apart]
    sets = _held_out_sets(held_out)
    return Data(train, finish, sets, sets, given.sources)


def _by_domain(options: Options) -> Data:
    """The collections of ``data_dir``, and what is held out of the project's own texts."""
    found = read_domains(_data_dir(options))
    domains = {
        name: [pair for pair in pairs if _turn(pair, options.source, options.target)]
        for name, pairs in found.pairs.items()
    }
    domains = {name: pairs for name, pairs in domains.items() if pairs}
    test = by_direction(options.test, options.source, options.target)
    watched = {name: _sample(pairs, WATCHED) for name, pairs in test.items()}
    if not test:
        domains[OWN], held_out = _hold_out(domains.get(OWN) or next(iter(domains.values())))
        turned = [way for pair in held_out for way in _turn(pair, options.source, options.target)]
        watched = test = _held_out_sets(turned)
    return Data([], [], watched, test, found.sources, domains)


def _held_out_sets(pairs: list[Pair]) -> dict[str, list[Pair]]:
    """One for each direction, named by it where there are several."""
    groups = _grouped(pairs)
    if len(groups) == 1:
        return {"held out": pairs}
    return {f"held out {source}-{target}": group for (source, target), group in groups.items()}


def _grouped(pairs: Sequence[Pair]) -> dict[tuple[str, str], list[Pair]]:
    """By direction."""
    groups: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault((pair.source_language, pair.target_language), []).append(pair)
    return groups


def _usable(pairs: list[Pair]) -> list[Pair]:
    return list(filtered(pairs, TrainConfig().max_words))


def read_file(path: Path, sources: Sequence[str], targets: Sequence[str]) -> list[Pair]:
    """Pairs of one file, in the direction that its name or the command line states.

    Raises:
        DataError: neither states one that was asked for.
    """
    named = DIRECTION.search(path.name)
    if named:
        pairs = [
            turned
            for pair in read_pairs(path, named[1], named[2])
            for turned in _turn(pair, sources, targets)
        ]
        if pairs:
            return pairs
    if len(sources) == 1 and len(targets) == 1 and not named:
        return read_pairs(path, sources[0], targets[0])
    if not named and has_every_language(path):
        return pairs_across(path, sources, targets)
    raise DataError(
        f"{path}: its name does not say which of {', '.join(sources)} it translates into which of "
        f"{', '.join(targets)}; name it like {path.stem.split('.')[0]}.{sources[0]}-{targets[0]}"
        ".tsv"
    )


def _turn(pair: Pair, sources: Sequence[str], targets: Sequence[str]) -> list[Pair]:
    """The pair in each way round that was asked for."""
    both = (pair, pair.reverse())
    return [p for p in both if p.source_language in sources and p.target_language in targets]


def by_direction(
    paths: Sequence[Path], sources: Sequence[str], targets: Sequence[str]
) -> dict[str, list[Pair]]:
    """Test pairs by the name and direction of their file.

    Raises:
        DataError: a file's direction is none of these.
    """
    found: dict[str, list[Pair]] = {}
    for path in paths:
        pairs = read_file(path, sources, targets)
        name = DIRECTION.sub("", path.name).removesuffix(".gz").removesuffix(".tsv")
        for (source, target), group in _grouped(pairs).items():
            found[f"{name} {source}-{target}"] = group
    return found


def _sample(pairs: list[Pair], count: int) -> list[Pair]:
    return random.Random(1).sample(pairs, min(count, len(pairs)))


def _hold_out(pairs: list[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Every pair of a share of all sources on one side, so that repeats do not cross over."""
    share = min(0.05, HELD_OUT / len(pairs))
    train: list[Pair] = []
    held_out: list[Pair] = []
    for pair in pairs:
        drawn = zlib.crc32(pair.source.lower().encode()) / 2**32
        (held_out if drawn < share else train).append(pair)
    if not held_out:
        held_out, train = train[:1], train[1:]
    return train, list(dict.fromkeys(held_out))
