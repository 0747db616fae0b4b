"""What texts say of items, made to rank them as shoppers do.

A regression from texts to trained vectors counts an error in one direction as much as in any other,
and shrinks what it is unsure of. Which directions matter to shoppers, and which of them texts tell,
their baskets know: a linear map of the regression's vectors is fitted to them, by the softmax over
items that ranking models are trained with. What it is fitted to are vectors of items that the
regression was not told of, one left out at a time, beside trained ones, as both are served.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Array = NDArray[np.float32]

STEPS = 150
BATCH = 384  # shoppers of a step
RATE = 0.01  # of learning, which falls to 0
DECAY = 1e-3  # times the squares of what the map departs from leaving all as it is
HELD_OUT = 0.2  # share of the items that the map is tried on
FEWEST = 50  # items to try it on, of which there are baskets
SHARE_PLACED = 0.5  # of a step's items that have their texts' vectors


@dataclass(frozen=True)
class Baskets:
    """What C shoppers had next.

    Attributes:
        states: (C, H) float32 of the model before.
        items: rows that each had then.
    """

    states: Array
    items: Sequence[NDArray[np.int64]]

    def shares(self, rows: NDArray[np.int64], count: int) -> Array:
        """Of each shopper's basket the share of some items, (C, len(rows)); rows of 0 for none.

        Args:
            rows: of M items.
            count: of all items.
        """
        place = np.full(count, -1)
        place[rows] = np.arange(len(rows))
        found = np.zeros((len(self.items), len(rows)), np.float32)
        for shopper, items in enumerate(self.items):
            places = place[items]
            places = places[places >= 0]
            found[shopper, places] = 1 / max(1, len(places))
        return found


def fit_map(placed: Array, trained: Array, states: Array, shares: Array) -> Array:
    """The map, (H, H), for what texts say less its mean.

    Args:
        placed: (M, H), what texts say of items that the regression was not told of, less its mean.
        trained: (M, H), their trained vectors, less the same.
        states: (C, H) of shoppers.
        shares: (C, M), of what each had next.

    Returns:
        The identity where too little is known of the items, or where it ranks those that are held
        out from it as well.
    """
    hidden = placed.shape[1]
    generator = torch.Generator().manual_seed(0)
    held = torch.rand(len(placed), generator=generator) < HELD_OUT
    some = torch.from_numpy(shares)
    identity = torch.eye(hidden)
    if int((some[:, held].sum(0) > 0).sum()) < FEWEST:
        return identity.numpy()
    vectors, goals, of = (torch.from_numpy(given) for given in (placed, trained, states))
    aside = some[:, held]
    tried = (of, vectors[held], goals[held], aside)
    found = _fitted(vectors[~held], goals[~held], of, some[:, ~held], generator)
    if _loss(found, *tried) >= _loss(identity, *tried):
        return identity.numpy()
    return _fitted(vectors, goals, of, some, generator).numpy()


def _fitted(
    placed: Tensor, trained: Tensor, states: Tensor, shares: Tensor, generator: torch.Generator
) -> Tensor:
    """The map of some items."""
    identity = torch.eye(placed.shape[1])
    departure = torch.zeros_like(identity, requires_grad=True)
    optimizer = torch.optim.Adam([departure], RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    having = torch.nonzero(shares.sum(1) > 0).squeeze(1)
    for _ in range(STEPS):
        drawn = having[torch.randint(len(having), (min(BATCH, len(having)),), generator=generator)]
        by_text = torch.rand(len(placed), generator=generator) < SHARE_PLACED
        table = torch.where(by_text[:, None], placed @ (identity + departure), trained)
        loss = functional.cross_entropy(states[drawn] @ table.T, _normed(shares[drawn]))
        loss = loss + DECAY * departure.square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return (identity + departure).detach()


def _normed(shares: Tensor) -> Tensor:
    """Rows whose sum is 1."""
    return shares / shares.sum(1, keepdim=True)


@torch.no_grad()
def _loss(mapping: Tensor, states: Tensor, placed: Tensor, _: Tensor, shares: Tensor) -> float:
    """How surprising baskets are of items that are all placed by a map."""
    having = shares.sum(1) > 0
    logits = states[having] @ (placed @ mapping).T
    return float(functional.cross_entropy(logits, _normed(shares[having])))
