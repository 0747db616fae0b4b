"""Token batches of like length, on the device that trains."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from training.intent.messages import Message
from training.intent.noise import Characters, text_of

POOL_BATCHES = 50  # batches sorted by length among themselves: little padding, still random
IGNORED = -100  # target of what no loss is taken of


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids and mask (B, T) int64, labels (B,) int64, and maybe what is marked.

    Attributes:
        shares: of the intents of each text, (B, C).
        tags: slot tag of each token, (B, T).
        denied: denied intent, (B,).
    """

    input_ids: Tensor
    attention_mask: Tensor
    labels: Tensor
    shares: Tensor | None = None
    tags: Tensor | None = None
    denied: Tensor | None = None


@dataclass(slots=True)
class Targets:
    """What is marked in one text, token by token."""

    ids: list[int]
    label: int
    tags: list[int] = field(default_factory=list)
    shares: dict[int, float] = field(default_factory=dict)
    denied: int = IGNORED


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
    for chunk in _chunks(order, lambda index: len(ids[index]), batch_size, rng):
        yield collate([ids[i] for i in chunk], [labels[i] for i in chunk], device)


def _chunks(
    order: Sequence[int], length: Callable[[int], int], batch_size: int, rng: random.Random
) -> Iterator[list[int]]:
    pool_size = batch_size * POOL_BATCHES
    for start in range(0, len(order), pool_size):
        pool = sorted(order[start : start + pool_size], key=length)
        chunks = [pool[i : i + batch_size] for i in range(0, len(pool), batch_size)]
        rng.shuffle(chunks)
        yield from chunks


def in_order(
    ids: Sequence[list[int]], batch_size: int, device: torch.device
) -> Iterator[tuple[list[int], Batch]]:
    """Batches of all rows, shortest first, each with the indices that it holds."""
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    for start in range(0, len(order), batch_size):
        chunk = order[start : start + batch_size]
        yield chunk, collate([ids[i] for i in chunk], [0] * len(chunk), device)


class MarkedBatches:
    """Batches with all that is marked in their messages.

    Args:
        tokenizer: of the model.
        labels: intents in the order of the logits.
        slots: in the order of their tags.
        max_tokens: of one text; the rest is cut off.
    """

    def __init__(
        self, tokenizer: Tokenizer, labels: Sequence[str], slots: Sequence[str], max_tokens: int
    ) -> None:
        self.tokenizer, self.max_tokens = tokenizer, max_tokens
        self.labels = {name: index for index, name in enumerate(labels)}
        self.tags = {name: 1 + 2 * index for index, name in enumerate(slots)}

    def targets(self, message: Message, row: Characters, encoding: Encoding) -> Targets:
        """What one text is to be learned as, from its changed characters."""
        found = Targets(encoding.ids[: self.max_tokens], self.labels[message.intent])
        for start, end in encoding.offsets[: self.max_tokens]:
            if start == end:  # the start of a text stands for none of its characters
                found.tags.append(IGNORED)
                continue
            at = start
            while at < end - 1 and row[at].value.isspace():
                at += 1
            here = row[min(at, len(row) - 1)]
            begins = any(x.begins for x in row[at : max(end, at + 1)])
            tag = self.tags[here.slot] + (not begins) if here.slot in self.tags else 0
            found.tags.append(IGNORED if message.plain else tag)
        names = [part.name for part in message.wishes if part.name in self.labels]
        wishes = {self.labels[name] for name in names} or {found.label}
        found.shares = dict.fromkeys(wishes, 1 / len(wishes))
        if message.denied:
            found.denied = self.labels.get(message.denied, IGNORED)
        elif found.label != len(self.labels) - 1 or message.plain:
            found.denied = len(self.labels) - 1
        return found

    def collate(self, rows: Sequence[Targets], device: torch.device) -> Batch:
        """Pad targets to the longest of them."""
        batch = collate([row.ids for row in rows], [row.label for row in rows], device)
        shares = torch.zeros(len(rows), len(self.labels))
        tags = torch.full(batch.input_ids.shape, IGNORED)  # (B, T)
        for index, row in enumerate(rows):
            tags[index, : len(row.tags)] = torch.tensor(row.tags)
            for label, share in row.shares.items():
                shares[index, label] = share
        denied = torch.tensor([row.denied for row in rows])
        marked = (x.to(device) for x in (shares, tags, denied))
        return Batch(batch.input_ids, batch.attention_mask, batch.labels, *marked)

    def shuffled(
        self,
        messages: Sequence[Message],
        rows: Sequence[Characters],
        batch_size: int,
        device: torch.device,
        rng: random.Random,
    ) -> Iterator[Batch]:
        """Batches over messages and their changed characters, of like length."""
        encodings = self.tokenizer.encode_batch([text_of(row) for row in rows])
        order = range(len(messages))
        for chunk in _chunks(order, lambda index: len(encodings[index]), batch_size, rng):
            marked = [self.targets(messages[i], rows[i], encodings[i]) for i in chunk]
            yield self.collate(marked, device)
