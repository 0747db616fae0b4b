"""Training in bfloat16 where that is quicker: half the bits compute, fp32 weights learn."""

import copy
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

ROWS, WIDTH, WIDER = 256, 384, 1_536  # of the product that is timed: a feed-forward's
REPEATS = 3
GAIN = 1.3  # in a product, below which a step, which is more than products, gains nothing


def seconds_of(kind: torch.dtype, device: torch.device, clock: Callable[[], float]) -> float:
    """The least time that a product takes in a type of numbers."""
    left = torch.ones(ROWS, WIDTH, dtype=kind, device=device)
    right = torch.ones(WIDTH, WIDER, dtype=kind, device=device)
    times = []
    for _ in range(REPEATS + 1):  # the first one also prepares
        start = clock()
        float((left @ right)[0, 0])  # a GPU has finished when the value is there
        times.append(clock() - start)
    return min(times[1:])


def is_quicker(device: torch.device, clock: Callable[[], float] = time.perf_counter) -> bool:
    """Whether bfloat16 pays on this machine, by a measurement: names of processors do not tell."""
    full, half = (seconds_of(kind, device, clock) for kind in (torch.float32, torch.bfloat16))
    return full > GAIN * half


class Halved:
    """A copy of a model in bfloat16, which computes in its place.

    Args:
        master: the model in fp32, which is trained.
    """

    def __init__(self, master: nn.Module) -> None:
        self.live: Any = copy.deepcopy(master).to(torch.bfloat16)
        self._both = list(zip(master.parameters(), self.live.parameters(), strict=True))

    def hand_back(self) -> None:
        """Give the master the gradients of the copy, which loses them."""
        for master, live in self._both:
            master.grad = None if live.grad is None else live.grad.float()
            live.grad = None

    @torch.no_grad()
    def follow(self) -> None:
        """Take over the master's weights."""
        for master, live in self._both:
            live.copy_(master)
