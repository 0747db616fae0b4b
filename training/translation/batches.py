"""Batches of like length under a budget of padded tokens."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from training.translation.pairs import Pair
from training.translation.vocabulary import END, PAD, tag

POOL = 40_000  # pairs that are sorted by length together
PADDING = -100  # label of a position that has no target
# Batches have few shapes: a product of a shape that was not had before is first compiled for it,
# which takes a processor as long as the product.
WIDTHS = 2  # tokens; texts are padded to a multiple of so many


@dataclass(frozen=True)
class Encoded:
    """Token ids of many texts, end to end.

    Attributes:
        ids: (sum of lengths,) uint16.
        offsets: (N + 1,) int64; text i is ``ids[offsets[i]:offsets[i + 1]]``.
    """

    ids: NDArray[np.uint16]
    offsets: NDArray[np.int64]

    def __getitem__(self, index: int) -> NDArray[np.uint16]:
        return self.ids[self.offsets[index] : self.offsets[index + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.offsets)


def encode(
    tokenizer: Tokenizer, texts: Sequence[str], heads: Sequence[list[int]] | None = None
) -> Encoded:
    """Token ids of each text after its head, with the end token."""
    rows, lengths = [], [0]
    for start in range(0, len(texts), 10_000):
        part = tokenizer.encode_batch_fast(list(texts[start : start + 10_000]))
        for offset, encoding in enumerate(part):
            head = heads[start + offset] if heads else []
            row = np.array([*head, *encoding.ids, END], dtype=np.uint16)
            rows.append(row)
            lengths.append(len(row))
    return Encoded(np.concatenate(rows), np.cumsum(lengths))


def encode_pairs(tokenizer: Tokenizer, pairs: Sequence[Pair]) -> tuple[Encoded, Encoded]:
    """Sources, with the tag of their target language where there is one, and targets."""
    tags = {
        language: tokenizer.token_to_id(tag(language))
        for language in {pair.target_language for pair in pairs}
    }
    heads = {language: [] if number is None else [number] for language, number in tags.items()}
    sources = encode(
        tokenizer,
        [pair.source for pair in pairs],
        [heads[pair.target_language] for pair in pairs],
    )
    return sources, encode(tokenizer, [pair.target for pair in pairs])


@dataclass(frozen=True)
class Batch:
    """Tensors of one step.

    Attributes:
        input_ids: (B, S) int64.
        attention_mask: (B, S) int64.
        decoder_input_ids: (B, T) int64, the labels shifted right.
        labels: (B, T) int64, `PADDING` where there is no target.
    """

    input_ids: Tensor
    attention_mask: Tensor
    decoder_input_ids: Tensor
    labels: Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same on a device."""
        return Batch(*(tensor.to(device) for tensor in vars(self).values()))


def collate(sources: Encoded, targets: Encoded, rows: Sequence[int]) -> Batch:
    wide, target_wide = (
        int(np.max(_padded(side.lengths[list(rows)]))) for side in (sources, targets)
    )
    input_ids = np.full((len(rows), wide), PAD, np.int64)
    labels = np.full((len(rows), target_wide), PADDING, np.int64)
    for place, row in enumerate(rows):
        input_ids[place, : len(sources[row])] = sources[row]
        labels[place, : len(targets[row])] = targets[row]
    shifted = np.full_like(labels, PAD)
    shifted[:, 1:] = np.where(labels[:, :-1] == PADDING, PAD, labels[:, :-1])
    mask = (np.arange(input_ids.shape[1]) < sources.lengths[list(rows), None]).astype(np.int64)
    return Batch(*(torch.from_numpy(a) for a in (input_ids, mask, shifted, labels)))


def plan(
    sources: Encoded,
    targets: Encoded,
    budget: int,
    rng: random.Random,
    rows: NDArray[np.int64] | None = None,
) -> list[NDArray[np.int64]]:
    """Row numbers of each batch of one epoch, in the order to train in.

    Args:
        sources: token ids with tags.
        targets: token ids.
        budget: padded tokens of a batch.
        rng: that shuffles.
        rows: that are in the epoch; None for all.
    """
    order = np.array(rng.sample(range(len(sources.lengths)), len(sources.lengths)))
    if rows is not None:
        order = order[np.isin(order, rows)]
    width = _padded(np.maximum(sources.lengths, targets.lengths))
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), POOL):
        pool = order[start : start + POOL]
        pool = pool[np.lexsort((sources.lengths[pool], width[pool]))]
        batches += _cut(pool, width, budget)
    rng.shuffle(batches)
    return batches


def _padded(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The widths that texts of these lengths are padded to."""
    return -(-lengths // WIDTHS) * WIDTHS


def _cut(
    pool: NDArray[np.int64], width: NDArray[np.int64], budget: int
) -> Iterator[NDArray[np.int64]]:
    """Slices of a pool, sorted by width, whose padded size stays within the budget.

    They hold as many rows as the budget has room for at their width or, where they end before a
    wider row, at that row's.
    """
    start = 0
    while start < len(pool):
        end = start + 1
        while end < len(pool) and width[pool[end]] * (end + 1 - start) <= budget:
            end += 1
        if end < len(pool):
            end = start + max(1, budget // width[pool[end]])
        yield pool[start:end]
        start = end
