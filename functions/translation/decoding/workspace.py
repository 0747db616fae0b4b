"""Working memory that outlives a batch, since new pages cost more time than what fills them."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

KEPT_BYTES = 48 * 2**20  # most that is kept between batches


class Workspace:
    """A block of memory, lent to one batch at a time; another meanwhile gets its own."""

    def __init__(self) -> None:
        self._spare: list[NDArray[np.float32]] = []

    @contextmanager
    def lend(self, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[dict[str, NDArray[Any]]]:
        """Float32 arrays of these shapes, by name, until the context ends.

        What they hold is left from before.
        """
        total = sum(map(math.prod, shapes.values()))
        try:
            block = self._spare.pop()
        except IndexError:
            block = np.empty(0, dtype=np.float32)
        if block.size < total:
            block = np.empty(total, dtype=np.float32)
        arrays, start = {}, 0
        for name, shape in shapes.items():
            stop = start + math.prod(shape)
            arrays[name], start = block[start:stop].reshape(shape), stop
        try:
            yield arrays
        finally:
            if not self._spare and block.nbytes <= KEPT_BYTES:
                self._spare.append(block)
