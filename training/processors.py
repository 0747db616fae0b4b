"""What a training computes on: its device, and its threads."""

import os
from typing import Any

PRODUCTS_KEPT = 16_384  # compiled products, of a thousand that oneDNN keeps by itself


def set_up_libraries() -> None:
    """Prepare OpenMP and oneDNN for a training, where torch is not loaded yet.

    OpenMP's threads sleep while they wait; otherwise they spin, which on a busy machine costs a
    training most of its speed. oneDNN keeps what it compiled for every shape of a product; it
    would drop most of that before the shape comes again.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(PRODUCTS_KEPT))


def use_threads(count: int | None) -> None:
    """Let torch compute with so many threads; None for as many as there are processors."""
    if count:
        import torch

        torch.set_num_threads(count)


def pick_device() -> Any:
    """The torch device to train on: a GPU where there is one."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
