"""Dropout whose masks are cut out of a pool, on a processor.

Drawing a random number for each value is a fifth of a small model's step there. A pool is drawn
once, and each mask begins at a place of it that is drawn anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

POOL = 1 << 24  # values, some ten masks of a large batch


class _Masked(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, mask: Tensor) -> Tensor:
        ctx.mask = mask  # a view of the pool, which never changes
        return values * mask

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad * ctx.mask, None


@contextmanager
def pooled_dropout(kind: torch.dtype, size: int = POOL) -> Iterator[None]:
    """Make `torch.nn.functional.dropout` take its masks from a pool while this lasts.

    Values on another device, of another type than ``kind``, or more than half the pool are dropped
    as before.

    Args:
        kind: of the values that are dropped.
        size: of the pool.
    """
    plain = functional.dropout
    pools: dict[float, Tensor] = {}  # by the share that is dropped

    def dropout(
        input: Tensor,  # noqa: A002 - torch's name
        p: float = 0.5,
        training: bool = True,
        inplace: bool = False,
    ) -> Tensor:
        last = size - input.numel()
        usable = input.device.type == "cpu" and input.dtype == kind and last >= size // 2
        if not training or not 0 < p < 1 or not usable:
            return plain(input, p, training, inplace)
        if p not in pools:
            pools[p] = (torch.rand(size) >= p).to(kind) / (1 - p)
        start = int(torch.randint(last + 1, ()))
        mask = pools[p][start : start + input.numel()].view(input.shape)
        return _Masked.apply(input, mask)

    functional.dropout = dropout
    try:
        yield
    finally:
        functional.dropout = plain
