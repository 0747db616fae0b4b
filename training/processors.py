"""What a training computes on: its device, and its threads."""

import os
from typing import Any


def wait_passively() -> None:
    """Let OpenMP's threads sleep while they wait, where torch is not loaded yet.

    Otherwise they spin, which on a busy machine costs a training most of its speed.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def use_threads(count: int | None) -> None:
    """Let torch compute with so many threads; None for as many as there are processors."""
    if count:
        import torch

        torch.set_num_threads(count)


def pick_device() -> Any:
    """The torch device to train on: a GPU where there is one."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
