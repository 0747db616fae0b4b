"""BLEU and chrF of served folders, and how far two of them agree; no torch."""

from collections.abc import Sequence

import numpy as np
from sacrebleu.metrics import BLEU, CHRF

from functions.translation.decoding.model import MarianModel
from functions.translation.decoding.search import search
from functions.translation.translator import boosts_of
from shared.models.onnx import length_batches
from shared.models.spec import Fidelity, Metric
from training.translation.pairs import Pair


def corpus_scores(hypotheses: Sequence[str], references: Sequence[str]) -> tuple[float, float]:
    """BLEU (13a tokenization, mixed case) and chrF2 of a corpus, in percent."""
    both = list(hypotheses), [list(references)]
    return BLEU().corpus_score(*both).score, CHRF().corpus_score(*both).score


def source_ids(model: MarianModel, texts: Sequence[str], language: str) -> list[list[int]]:
    """Token ids of sources as serving builds them, cut to what the model takes."""
    number = model.tokenizer.token_to_id(f">>{language}<<")
    head = [] if number is None else [number]
    most = model.spec.limits["tokens"] - len(head) - 1
    encodings = model.tokenizer.encode_batch_fast(list(texts))
    return [[*head, *encoding.ids[:most], model.end] for encoding in encodings]


def decode(
    model: MarianModel,
    texts: Sequence[str],
    language: str,
    beams: int,
    source: str | None = None,
) -> list[list[int]]:
    """Piece ids of the best hypothesis of each text, with the dictionary where a source is told."""
    rows = source_ids(model, texts, language)
    boosts = boosts_of(model, texts, source, language)
    return [found[0].ids for found in search(model, language, rows, beams, boosts)]


def to_texts(model: MarianModel, ids: Sequence[list[int]]) -> list[str]:
    return [model.text(row) for row in ids]


def forced_agreement(
    first: MarianModel, second: MarianModel, texts: Sequence[str], language: str
) -> tuple[int, int]:
    """How many pieces the second model chooses otherwise, given all that the first wrote before.

    Returns:
        Pieces compared, end tokens included, and how many differ.
    """
    written = decode(first, texts, language, 1)
    rows = source_ids(second, texts, language)
    compared = differing = 0
    for batch in length_batches([len(row) for row in rows]):
        forced = [[*written[place], second.end] for place in batch]
        longest = max(map(len, forced))
        sources = [rows[place] for place in batch]
        decoder = second.decoder(language, sources)
        columns = decoder.first_placeholder
        ids = np.full((len(batch), longest), second.end, dtype=np.int64)  # (B, T)
        for place, row in enumerate(forced):
            ids[place, : len(row)] = row
        lengths = np.array([len(row) for row in forced])
        with decoder.start(second.encode(sources), longest) as state:
            for position in range(longest):
                chosen = decoder.pieces[state.step()[:, 0, :columns].argmax(axis=1)]  # (B,)
                alive = position < lengths
                compared += int(alive.sum())
                differing += int((alive & (chosen != ids[:, position])).sum())
                state.ids[:, 0] = ids[:, position]
    return compared, differing


def measure(
    name: str,
    split: str,
    precision: str,
    model: MarianModel,
    pairs: Sequence[Pair],
    beams: int,
    *,
    dictionary: bool = False,
) -> Metric:
    """BLEU and chrF of one folder on one set, alone or with the dictionary that it may use."""
    source = pairs[0].source_language if dictionary else None
    language = pairs[0].target_language
    sources = [pair.source for pair in pairs]
    texts = to_texts(model, decode(model, sources, language, beams, source))
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
