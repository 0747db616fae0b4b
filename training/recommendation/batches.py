"""Histories as batches of like length, padded on the left."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.recommendation.interactions import Case, History


@dataclass(frozen=True)
class Batch:
    """Events of several users.

    Attributes:
        items: (B, T) int64, padded with the number of items.
        events: (B, T) int64.
        queries: (B, T) float64, the time that each state is for.
        times: (B, T) float64.
        targets: (B, T) int64, an item of the next basket; -1 where there is none.
    """

    items: Tensor
    events: Tensor
    queries: Tensor
    times: Tensor
    targets: Tensor


def _empty(rows: int, width: int, padding: int) -> Batch:
    return Batch(
        torch.full((rows, width), padding, dtype=torch.int64),
        torch.zeros((rows, width), dtype=torch.int64),
        torch.zeros((rows, width), dtype=torch.float64),
        torch.zeros((rows, width), dtype=torch.float64),
        torch.full((rows, width), -1, dtype=torch.int64),
    )


WITHIN_BASKET = 0.03  # share of the states inside of a basket that are trained on


def next_items(history: History, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """For each event an item that follows, drawn at random, and the time it is wanted at.

    After the last event of a basket that is an item of the next basket; the very last event has
    none: -1, and its own time. Inside of a basket it is a later item of the same, at the same time:
    that teaches what goes together, and is asked of the model during a visit. Most of these are
    left out (-1), or large baskets would outweigh the small.
    """
    count = len(history)
    starts = history.basket_starts()
    ends = np.append(starts[1:], count)
    places = np.arange(count)
    basket = np.searchsorted(starts, places, side="right") - 1
    closing = places == ends[basket] - 1
    following = np.minimum(basket + 1, len(starts) - 1)
    first = np.where(closing, starts[following], places + 1)
    last = np.where(closing, ends[following], ends[basket])
    none = (places == count - 1) | (~closing & (rng.random(count) >= WITHIN_BASKET))
    drawn = rng.integers(first, np.maximum(last, first + 1))
    targets = np.where(none, -1, history.items[np.minimum(drawn, count - 1)])
    return targets, history.times[np.where(none | ~closing, places, starts[following])]


def windows(histories: Sequence[History], length: int, overlap: float) -> list[History]:
    """Long histories in pieces of at most ``length`` events, which overlap by a share of it."""
    step = max(1, round(length * (1 - overlap)))
    found = []
    for history in histories:
        for end in range(len(history), 0, -step):
            found.append(history[max(0, end - length) : end])
            if end <= length:
                break
    return found


def training_batches(
    histories: Sequence[History], size: int, padding: int, seed: int
) -> Iterator[Batch]:
    """Each history once, in batches of like length, in random order."""
    rng = random.Random(seed)
    draw = np.random.default_rng(seed)
    order = sorted(range(len(histories)), key=lambda i: (len(histories[i]), rng.random()))
    groups = [order[start : start + size] for start in range(0, len(order), size)]
    rng.shuffle(groups)
    for group in groups:
        batch = _empty(len(group), max(len(histories[i]) for i in group), padding)
        for row, index in enumerate(group):
            history = histories[index]
            part = slice(batch.items.shape[1] - len(history), None)
            targets, queries = next_items(history, draw)
            batch.items[row, part] = torch.from_numpy(history.items)
            batch.events[row, part] = torch.from_numpy(history.events)
            batch.times[row, part] = torch.from_numpy(history.times)
            batch.queries[row, part] = torch.from_numpy(queries)
            batch.targets[row, part] = torch.from_numpy(targets)
        yield batch


def case_batches(cases: Sequence[Case], length: int, size: int, padding: int) -> Iterator[Batch]:
    """The last ``length`` events of each case, in order; the last state is the one wanted."""
    for start in range(0, len(cases), size):
        group = cases[start : start + size]
        width = min(length, max(case.events for case in group))
        batch = _empty(len(group), width, padding)
        for row, case in enumerate(group):
            history = case.history[-width:]
            part = slice(width - len(history), None)
            batch.items[row, part] = torch.from_numpy(history.items)
            batch.events[row, part] = torch.from_numpy(history.events)
            batch.times[row, part] = torch.from_numpy(history.times)
            batch.queries[row, :] = case.time
        yield batch
