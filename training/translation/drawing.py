"""Pairs drawn anew for each pool: by weight of their domain, either way round, with noise."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from training.translation.augment import Lexicon, lexicon, with_placeholders
from training.translation.config import Options, TrainConfig
from training.translation.domains import FOR_BETWEEN
from training.translation.noise import Noise
from training.translation.pairs import Pair

POOL = 20_000  # pairs that are drawn together
ALIGNED = 120_000  # pairs that placeholders' words are found in
JOINED = 0.03  # share of pairs that get a second one of their domain behind them


@dataclass
class Drawing:
    """Endless pairs, in pools; a pool depends on its number and the seed alone.

    Within a domain no pair comes a second time before all have come once.

    Attributes:
        domains: pairs by the name of their domain.
        weights: how often a pair of a domain is drawn, against 1 for one without a weight.
        sources: codes to translate from.
        targets: codes to translate into.
        words: by direction, words that stand for each other, which placeholders may replace.
        placeholders: share of pairs that get some.
        noise: put on the others.
        size: of a pool.
    """

    domains: Mapping[str, Sequence[Pair]]
    weights: Mapping[str, float]
    sources: Sequence[str]
    targets: Sequence[str]
    words: Mapping[tuple[str, str], Lexicon]
    placeholders: float = 0.08
    noise: Noise = field(default_factory=Noise)
    size: int = POOL
    seed: int = 0
    _orders: dict[str, tuple[int, NDArray[np.int64]]] = field(default_factory=dict)

    def shares(self) -> dict[str, int]:
        """Of a pool, how many pairs are of each domain."""
        mass = {
            name: self.weights.get(name, 1.0) * len(pairs) for name, pairs in self.domains.items()
        }
        whole = sum(mass.values())
        return {name: round(self.size * part / whole) for name, part in mass.items()}

    def pool(self, number: int) -> list[Pair]:
        """The pairs of one pool."""
        rng = random.Random(f"{self.seed}-{number}")
        drawn: list[Pair] = []
        for name, count in self.shares().items():
            rows = range(number * count, (number + 1) * count)
            drawn += [self._changed(self._pair(name, row), name, rng) for row in rows]
        return drawn

    def _pair(self, domain: str, row: int) -> Pair:
        """The ``row``-th pair that is drawn of a domain."""
        pairs = self.domains[domain]
        turn, place = divmod(row, len(pairs))
        if self._orders.get(domain, (-1, None))[0] != turn:
            rng = np.random.default_rng([self.seed, turn, *domain.encode()])
            self._orders[domain] = turn, rng.permutation(len(pairs))
        return pairs[self._orders[domain][1][place]]

    def _changed(self, pair: Pair, domain: str, rng: random.Random) -> Pair:
        ways = [
            way
            for way in (pair, pair.reverse())
            if way.source_language in self.sources and way.target_language in self.targets
        ]
        turned = rng.choice(ways)
        if rng.random() < self.placeholders:
            known = self.words.get((turned.source_language, turned.target_language), {})
            return with_placeholders(turned, known, rng)
        changed = self.noise.put_on(turned, rng)
        return self._joined(changed, domain, rng) if rng.random() < JOINED else changed

    def _joined(self, pair: Pair, domain: str, rng: random.Random) -> Pair:
        """The pair with another of its domain and direction behind it, where the draw finds one."""
        other = rng.choice(self.domains[domain])
        for way in (other, other.reverse()):
            if (way.source_language, way.target_language) == (
                pair.source_language,
                pair.target_language,
            ):
                return replace(
                    pair,
                    source=f"{pair.source} {way.source}",
                    target=f"{pair.target} {way.target}",
                )
        return pair


def drawing_of(
    domains: Mapping[str, Sequence[Pair]],
    weights: Mapping[str, float],
    options: Options,
    config: TrainConfig,
) -> Drawing:
    """The drawing of a training.

    Args:
        domains: pairs of which each has a way round that the options ask for.
        weights: of the domains.
        options: that name the languages and the seed.
        config: with the share of placeholders.
    """
    rng = random.Random(options.seed)
    lines = [pair for name in FOR_BETWEEN for pair in domains.get(name, ())]
    some = rng.sample(lines, min(len(lines), ALIGNED))
    words = lexicon([way for pair in some for way in (pair, pair.reverse())], options.seed)
    return Drawing(
        domains,
        weights,
        options.source,
        options.target,
        words,
        placeholders=config.placeholder_share,
        size=POOL,
        seed=options.seed,
    )
