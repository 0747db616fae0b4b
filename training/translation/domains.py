"""All pairs of a data folder by domain: what one model for all directions learns from.

``collections.tsv`` names each collection: its path under ``mt/``, domain, most pairs of a language
(none for all), licence and origin. Texts of the project's own, four languages on each line, are in
``mt/own/`` and, shop copy, in this package's ``copy/``; others are composed (`agreement`).
"""

import random
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

from shared.models.spec import DataSource
from training.errors import DataError
from training.translation import agreement
from training.translation.between import PIVOT, between
from training.translation.datasets import FOREIGN, phrases_source, shop_phrases
from training.translation.pairs import Pair, read_pairs, read_tsv

TABLE = Path(__file__).parent / "collections.tsv"
COPY_TEXTS = Path(__file__).parent / "copy"
COLUMNS = (PIVOT, *FOREIGN)  # of a file that has each line in all languages
OWN, OWN_WORDS, COPY, PHRASES, BETWEEN = "own", "lexicon_own", "copy", "phrases", "between"
AGREEMENT = "agreement"
OWN_LICENCE = "CC0-1.0"
MOST_CHARACTERS, MOST_WORDS = 500, 70
WEIGHTS: Mapping[str, float] = {
    OWN: 6.0,
    OWN_WORDS: 2.0,
    COPY: 6.0,
    PHRASES: 8.0,
    AGREEMENT: 1.0,
    BETWEEN: 1.0,
    "chat": 3.0,
    "everyday": 1.0,
    "shop": 0.8,
    "prose": 0.8,
    "docs": 0.4,
    "games": 0.4,
    "software": 0.25,
    "lexicon": 0.25,
}
# What the last part of a training is on:
FINISHING = (OWN, COPY, PHRASES, AGREEMENT, "shop", "chat")
REST = 1 / 3  # of the weights of everything else in that part
# Whose lines are there in several languages:
FOR_BETWEEN = (OWN, COPY, PHRASES, AGREEMENT, "chat", "everyday", "shop")


@dataclass(frozen=True)
class Domains:
    """Pairs, and where they come from.

    Attributes:
        pairs: from English, by the name of their domain.
    """

    pairs: dict[str, list[Pair]]
    sources: list[DataSource]


def read_domains(data_dir: Path) -> Domains:
    """Every collection that is in the folder.

    Raises:
        DataError: there is none.
    """
    pairs: dict[str, list[Pair]] = {}
    sources: list[DataSource] = []
    for name, domain, most, licence, origin in read_tsv(TABLE):
        paths = [data_dir / f"mt/{name}.en-{language}.tsv.gz" for language in FOREIGN]
        found = [
            pair
            for path, language in zip(paths, FOREIGN, strict=True)
            if path.exists()
            for pair in _drawn(path, language, int(most or 0))
        ]
        if found:
            pairs.setdefault(domain, []).extend(found)
            sources.append(
                DataSource(name=f"mt/{name}", source=origin, licence=licence, rows=len(found))
            )
    for path in sorted((data_dir / "mt/own").glob("*.tsv")):
        own = pairs_across(path, (PIVOT,), FOREIGN)
        pairs.setdefault(OWN_WORDS if path.stem == "lexicon" else OWN, []).extend(own)
        sources.append(_own_source(f"mt/own/{path.stem}", len(own)))
    if not pairs:
        raise DataError(
            f"{data_dir}/mt holds none of the collections of {TABLE.name}: --data-dir must be the "
            "folder that holds mt/."
        )
    for path in sorted(COPY_TEXTS.glob("*.tsv")):
        own = pairs_across(path, (PIVOT,), FOREIGN)
        pairs.setdefault(COPY, []).extend(own)
        sources.append(_own_source(f"shop copy, {path.stem}", len(own)))
    pairs[PHRASES] = [
        pair for language in FOREIGN for part in shop_phrases(language) for pair in part
    ]
    sources.append(phrases_source(len(pairs[PHRASES])))
    pairs[AGREEMENT] = [
        Pair(row[0], foreign, PIVOT, language)
        for row in agreement.sentences()
        for language, foreign in zip(FOREIGN, row[1:], strict=True)
    ]
    sources.append(_own_source("sentences of nouns that agree", len(pairs[AGREEMENT])))
    return Domains(pairs, sources)


def _own_source(name: str, rows: int) -> DataSource:
    return DataSource(name=name, source="written for it", licence=OWN_LICENCE, rows=rows)


def _drawn(path: Path, language: str, most: int) -> list[Pair]:
    """Pairs that are not too long; the same ones of a large file, whatever else is read."""
    pairs = [pair for pair in read_pairs(path, "en", language) if _short_enough(pair)]
    if most and len(pairs) > most:
        return random.Random(zlib.crc32(path.name.encode())).sample(pairs, most)
    return pairs


def _short_enough(pair: Pair) -> bool:
    longest = max(len(pair.source), len(pair.target))
    words = max(len(pair.source.split()), len(pair.target.split()))
    return bool(pair.source and pair.target) and longest <= MOST_CHARACTERS and words <= MOST_WORDS


def has_every_language(path: Path) -> bool:
    """Whether a file has a column for each of `COLUMNS`."""
    rows = read_tsv(path)
    return bool(rows) and len(rows[0]) == len(COLUMNS)


def pairs_across(path: Path, sources: Sequence[str], targets: Sequence[str]) -> list[Pair]:
    """Pairs of a file with a column for each of `COLUMNS`, in each direction that is asked for.

    Raises:
        DataError: a line has another number of columns.
    """
    pairs = []
    for number, row in enumerate(read_tsv(path), 1):
        if len(row) != len(COLUMNS):
            raise DataError(f"{path}:{number} has {len(row)} columns; give {', '.join(COLUMNS)}.")
        texts = dict(zip(COLUMNS, map(str.strip, row), strict=True))
        pairs += [
            Pair(texts[source], texts[target], source, target)
            for source, target in permutations(COLUMNS, 2)
            if source in sources and target in targets
        ]
    return pairs


def finishing(weights: Mapping[str, float], domains: Iterable[str]) -> dict[str, float]:
    """Weights of the last part of a training, for as many domains as there are."""
    return {name: weights.get(name, 1.0) * (1.0 if name in FINISHING else REST) for name in domains}


def with_between(
    domains: Mapping[str, list[Pair]], sources: Sequence[str], targets: Sequence[str]
) -> dict[str, list[Pair]]:
    """The domains, and `BETWEEN` of their lines that are there in several languages."""
    lines = (pair for name in FOR_BETWEEN for pair in domains.get(name, ()))
    found = between(lines, sources, targets)
    return {**domains, **({BETWEEN: found} if found else {})}


def weights_of(given: Sequence[str], domains: Iterable[str]) -> dict[str, float]:
    """`WEIGHTS`, changed by what an option says.

    Args:
        given: such as ``own=12``.
        domains: that there are.

    Raises:
        DataError: one is of no domain, or no number of at least 0.
    """
    known = set(domains)
    weights = dict(WEIGHTS)
    for text in given:
        name, _, value = text.partition("=")
        if name not in known or not re.fullmatch(r"\d+(\.\d+)?", value):
            raise DataError(
                f"--weights {text} must be DOMAIN=NUMBER, of {', '.join(sorted(known))}."
            )
        weights[name] = float(value)
    return weights
