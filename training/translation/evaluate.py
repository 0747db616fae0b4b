"""BLEU and chrF: of a torch model as it trains, and of served folders when they are published."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sacrebleu.metrics import BLEU, CHRF
from tokenizers import Tokenizer
from transformers import MarianMTModel

from functions.translation.decoding.model import MarianModel
from functions.translation.decoding.search import search
from functions.translation.translator import DEFAULT_BEAMS
from shared.models.onnx import length_batches
from shared.models.spec import Fidelity, Metric
from training.translation.batches import PADDING, collate, encode_pairs
from training.translation.pairs import Pair
from training.translation.vocabulary import tag

ROWS = 64
BEAMS = (1, DEFAULT_BEAMS)
MOST_PAIRS = 3_000  # of a set that both precisions are compared on


@dataclass(frozen=True)
class TestSet:
    """Named pairs of one direction that figures are told of, the same sample of a large set."""

    name: str
    split: str
    pairs: list[Pair]

    def sample(self) -> "TestSet":
        """At most `MOST_PAIRS` of them."""
        if len(self.pairs) <= MOST_PAIRS:
            return self
        pairs = random.Random(0).sample(self.pairs, MOST_PAIRS)
        return TestSet(self.name, f"{self.split}, {MOST_PAIRS:,} of {len(self.pairs):,}", pairs)


@dataclass(frozen=True)
class Scores:
    """Greedy BLEU and chrF in percent, and nats a target token."""

    bleu: float
    chrf: float
    nll: float


def corpus_scores(hypotheses: Sequence[str], references: Sequence[str]) -> tuple[float, float]:
    """BLEU (13a tokenization, mixed case) and chrF2 of a corpus, in percent."""
    both = list(hypotheses), [list(references)]
    return BLEU().corpus_score(*both).score, CHRF().corpus_score(*both).score


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


def source_ids(model: MarianModel, texts: Sequence[str], language: str) -> list[list[int]]:
    """Token ids of sources as serving builds them, cut to what the model takes."""
    number = model.tokenizer.token_to_id(tag(language))
    head = [] if number is None else [number]
    most = model.spec.limits["tokens"] - len(head) - 1
    encodings = model.tokenizer.encode_batch_fast(list(texts))
    return [[*head, *encoding.ids[:most], model.end] for encoding in encodings]


def decode(model: MarianModel, texts: Sequence[str], language: str, beams: int) -> list[list[int]]:
    """Piece ids of the best hypothesis of each text."""
    rows = source_ids(model, texts, language)
    return [found[0].ids for found in search(model, language, rows, beams)]


def to_texts(model: MarianModel, ids: Sequence[list[int]]) -> list[str]:
    return [model.tokenizer.decode(row, skip_special_tokens=False) for row in ids]


def forced_agreement(
    first: MarianModel, second: MarianModel, texts: Sequence[str], language: str
) -> tuple[int, int]:
    """How many pieces the second model chooses otherwise, given all that the first wrote before.

    Returns:
        Pieces compared, end tokens included, and how many differ.
    """
    written = decode(first, texts, language, 1)
    rows = source_ids(second, texts, language)
    decoder = second.decoder(language)
    columns = decoder.first_placeholder
    compared = differing = 0
    for batch in length_batches([len(row) for row in rows]):
        forced = [[*written[place], second.end] for place in batch]
        longest = max(map(len, forced))
        ids = np.full((len(batch), longest), second.end, dtype=np.int64)  # (B, T)
        for place, row in enumerate(forced):
            ids[place, : len(row)] = row
        lengths = np.array([len(row) for row in forced])
        with decoder.start(second.encode([rows[place] for place in batch]), longest) as state:
            for position in range(longest):
                chosen = decoder.pieces[state.step()[:, 0, :columns].argmax(axis=1)]  # (B,)
                alive = position < lengths
                compared += int(alive.sum())
                differing += int((alive & (chosen != ids[:, position])).sum())
                state.ids[:, 0] = ids[:, position]
    return compared, differing


def measure(
    name: str, split: str, precision: str, model: MarianModel, pairs: Sequence[Pair], beams: int
) -> Metric:
    """BLEU and chrF of one folder on one set."""
    language = pairs[0].target_language
    texts = to_texts(model, decode(model, [pair.source for pair in pairs], language, beams))
    bleu, chrf = corpus_scores(texts, [pair.target for pair in pairs])
    return Metric(
        dataset=f"{name}, {'greedy' if beams == 1 else f'beam {beams}'}",
        split=split,
        precision=precision,
        rows=len(pairs),
        values={"bleu": round(bleu, 2), "chrf": round(chrf, 2)},
    )


def fidelity(
    name: str,
    fp32: MarianModel,
    int8: MarianModel,
    pairs: Sequence[Pair],
    allowed: float,
) -> Fidelity:
    """How many pieces int8 chooses otherwise than fp32 on one set."""
    texts = [pair.source for pair in pairs]
    compared, differing = forced_agreement(fp32, int8, texts, pairs[0].target_language)
    return Fidelity(dataset=name, compared=compared, differing=differing, allowed_fraction=allowed)
