"""BLEU and chrF of a torch model as it trains, and the sets that figures are told of."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from transformers import MarianMTModel

from functions.translation.translator import DEFAULT_BEAMS
from training.translation.batches import PADDING, collate, encode_pairs
from training.translation.pairs import Pair
from training.translation.scores import corpus_scores

ROWS = 64
BEAMS = (1, DEFAULT_BEAMS)
MOST_PAIRS = 500  # of a set that both precisions are compared on


@dataclass(frozen=True)
class TestSet:
    """Named pairs of one direction that figures are told of, the same sample of a large set."""

    name: str
    split: str
    pairs: list[Pair]

    def sample(self, most: int = MOST_PAIRS) -> "TestSet":
        """At most so many of them."""
        if len(self.pairs) <= most:
            return self
        pairs = random.Random(0).sample(self.pairs, most)
        return TestSet(self.name, f"{self.split}, {most:,} of {len(self.pairs):,}", pairs)


@dataclass(frozen=True)
class Scores:
    """Greedy BLEU and chrF in percent, and nats a target token."""

    bleu: float
    chrf: float
    nll: float


@torch.inference_mode()
def score_pairs(model: MarianMTModel, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> Scores:
    """Scores of greedy translations by `transformers`' own generate."""
    sources, targets = encode_pairs(tokenizer, pairs)
    order = sorted(range(len(pairs)), key=lambda row: len(sources[row]))
    texts: dict[int, str] = {}
    total, count = 0.0, 0
    for start in range(0, len(order), ROWS):
        rows = order[start : start + ROWS]
        batch = collate(sources, targets, rows).to(model.device)
        output = model(
            input_ids=batch.input_ids,
            attention_mask=batch.attention_mask,
            decoder_input_ids=batch.decoder_input_ids,
        ).logits  # (B, T, V)
        total += float(
            torch.nn.functional.cross_entropy(
                output.flatten(0, 1), batch.labels.flatten(), ignore_index=PADDING, reduction="sum"
            )
        )
        count += int((batch.labels != PADDING).sum())
        ids = model.generate(
            input_ids=batch.input_ids,
            attention_mask=batch.attention_mask,
            num_beams=1,
            do_sample=False,
            max_new_tokens=2 * batch.input_ids.shape[1] + 10,
        )
        decoded = tokenizer.decode_batch(ids.tolist(), skip_special_tokens=True)
        texts |= dict(zip(rows, decoded, strict=True))
    bleu, chrf = corpus_scores(
        [texts[row] for row in range(len(pairs))], [pair.target for pair in pairs]
    )
    return Scores(round(bleu, 2), round(chrf, 2), round(total / count, 4))
