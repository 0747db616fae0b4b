"""What a training learns from, an epoch at a time: all pairs each time, or a pool drawn anew."""

import hashlib
import random
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.translation.batches import Batch, Encoded, collate, encode_pairs, plan
from training.translation.drawing import Drawing
from training.translation.pairs import Pair

LONGEST = 120  # tokens of either side; longer pairs are left out of a pool


class Lessons(Protocol):
    """Batches of an epoch; the same ones whenever it is begun with the same seed."""

    def fingerprint(self) -> str:
        """Which pairs they are of."""
        ...

    def begin(self, epoch: int, budget: int, seed: int) -> list[NDArray[np.int64]]:
        """Row numbers of each batch of an epoch, in the order to train in."""
        ...

    def batch(self, rows: Sequence[int]) -> Batch:
        """One of them."""
        ...

    def sample(self, pools: int = 1) -> Sequence[Pair]:
        """Pairs that stand for what is learned: of so many pools, where they are drawn."""
        ...


class FixedLessons:
    """The same pairs in every epoch."""

    def __init__(self, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> None:
        self._pairs = pairs
        self._encoded = encode_pairs(tokenizer, pairs)

    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for side in self._encoded:
            digest.update(side.ids.tobytes())
            digest.update(side.offsets.tobytes())
        return digest.hexdigest()

    def begin(self, epoch: int, budget: int, seed: int) -> list[NDArray[np.int64]]:
        return plan(*self._encoded, budget, random.Random(f"{seed}-{epoch}"))

    def batch(self, rows: Sequence[int]) -> Batch:
        return collate(*self._encoded, rows)

    def sample(self, pools: int = 1) -> Sequence[Pair]:
        del pools
        return self._pairs


_kept: list[tuple[Tokenizer, Drawing]] = []  # of a process that makes pools


def _keep(tokenizer: Tokenizer, drawing: Drawing) -> None:
    _kept[:] = [(tokenizer, drawing)]


def _made(number: int) -> tuple[Encoded, Encoded]:
    tokenizer, drawing = _kept[0]
    return encode_pairs(tokenizer, drawing.pool(number))


class DrawnLessons:
    """A pool of pairs for each epoch.

    Args:
        tokenizer: of the model.
        drawing: of the pairs.
        workers: processes that make pools ahead, for a GPU that would wait for them; 0 for none.
        share: of so many that learn from the same drawing, whose pools these are.
        shares: that there are.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        drawing: Drawing,
        workers: int = 0,
        share: int = 0,
        shares: int = 1,
    ) -> None:
        self._tokenizer, self._drawing, self._workers = tokenizer, drawing, workers
        self._share, self._shares = share, shares
        self._encoded: tuple[Encoded, Encoded] | None = None
        self._executor: ProcessPoolExecutor | None = None
        self._ahead: dict[int, Future[tuple[Encoded, Encoded]]] = {}

    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for pair in self.sample():
            digest.update(f"{pair.source}\t{pair.target}\n".encode())
        for name, pairs in self._drawing.domains.items():
            digest.update(f"{name} {len(pairs)}\n".encode())
        return digest.hexdigest()

    def begin(self, epoch: int, budget: int, seed: int) -> list[NDArray[np.int64]]:
        sources, targets = self._encoded = self._pool(epoch * self._shares + self._share)
        widths = np.maximum(sources.lengths, targets.lengths)
        rng = random.Random(f"{seed}-{epoch}")
        return plan(sources, targets, budget, rng, np.flatnonzero(widths <= LONGEST))

    def shared(self, count: int) -> "list[DrawnLessons]":
        """Lessons for so many processes, no two of which draw the same pool."""
        return [
            DrawnLessons(self._tokenizer, self._drawing, self._workers, share, count)
            for share in range(count)
        ]

    def _pool(self, number: int) -> tuple[Encoded, Encoded]:
        if not self._workers:
            return encode_pairs(self._tokenizer, self._drawing.pool(number))
        if self._executor is None:
            # Forked: the pairs, a gigabyte, are not copied.
            self._executor = ProcessPoolExecutor(
                self._workers, get_context("fork"), _keep, (self._tokenizer, self._drawing)
            )
        for later in range(number, number + self._workers):
            if later not in self._ahead:
                self._ahead[later] = self._executor.submit(_made, later)
        return self._ahead.pop(number).result()

    def batch(self, rows: Sequence[int]) -> Batch:
        assert self._encoded is not None
        return collate(*self._encoded, rows)

    def sample(self, pools: int = 1) -> Sequence[Pair]:
        return [pair for number in range(pools) for pair in self._drawing.pool(number)]
