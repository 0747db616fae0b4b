"""Token batches of like length, on the device that trains."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

POOL_BATCHES = 50  # batches sorted by length among themselves: little padding, still random


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids and mask (B, T) int64, and labels (B,) int64."""

    input_ids: Tensor
    attention_mask: Tensor
    labels: Tensor


def encode(tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
    """Token ids of each text, cut to ``max_tokens``."""
    return [item.ids[:max_tokens] for item in tokenizer.encode_batch(list(texts))]


def collate(rows: Sequence[list[int]], labels: Sequence[int], device: torch.device) -> Batch:
    """Pad rows to the longest of them."""
    width = max(len(row) for row in rows)
    input_ids = torch.zeros((len(rows), width), dtype=torch.long)  # (B, T)
    mask = torch.zeros_like(input_ids)  # (B, T)
    for index, row in enumerate(rows):
        input_ids[index, : len(row)] = torch.tensor(row)
        mask[index, : len(row)] = 1
    targets = torch.tensor(labels, dtype=torch.long)
    return Batch(input_ids.to(device), mask.to(device), targets.to(device))


def shuffled(
    ids: Sequence[list[int]],
    labels: Sequence[int],
    order: Sequence[int],
    batch_size: int,
    device: torch.device,
    rng: random.Random,
) -> Iterator[Batch]:
    """Batches over ``order`` (indices, repeats allowed), of like length, in random sequence."""
    pool_size = batch_size * POOL_BATCHES
    for start in range(0, len(order), pool_size):
        pool = sorted(order[start : start + pool_size], key=lambda index: len(ids[index]))
        chunks = [pool[i : i + batch_size] for i in range(0, len(pool), batch_size)]
        rng.shuffle(chunks)
        for chunk in chunks:
            yield collate([ids[i] for i in chunk], [labels[i] for i in chunk], device)


def in_order(
    ids: Sequence[list[int]], batch_size: int, device: torch.device
) -> Iterator[tuple[list[int], Batch]]:
    """Batches of all rows, shortest first, each with the indices that it holds."""
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    for start in range(0, len(order), batch_size):
        chunk = order[start : start + batch_size]
        yield chunk, collate([ids[i] for i in chunk], [0] * len(chunk), device)
