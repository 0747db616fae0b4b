"""Figures of translations: by set, by confidence, by length, and of what is to be read."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from training.translation.answers import Answers, Line, Lines
from training.translation.scores import corpus_scores

DIGITS = 2
BINS = 8
FEW = 5  # lines that a bin must have to be shown


class Quality(NamedTuple):
    """BLEU and chrF of some lines, in percent."""

    bleu: float
    chrf: float


class Bin(NamedTuple):
    """Lines of like confidence or length, with their mean chrF."""

    place: float
    chrf: float
    lines: int


def quality(lines: Sequence[Line], written: Callable[[Line], str | None]) -> Quality | None:
    """Of one way of translating; None where it has not translated all lines."""
    texts = [written(line) for line in lines]
    if not lines or None in texts:
        return None
    bleu, chrf = corpus_scores([text or "" for text in texts], [line.pair.target for line in lines])
    return Quality(round(bleu, DIGITS), round(chrf, DIGITS))


def as_served(line: Line) -> str | None:
    return line.text


def greedily(line: Line) -> str | None:
    return line.greedy


def with_beams(line: Line) -> str | None:
    return line.beam


def mean_chrf(lines: Sequence[Line]) -> float | None:
    """Mean of the sentences' chrF."""
    return round(float(np.mean([line.chrf for line in lines])), DIGITS) if lines else None


def by_confidence(lines: Sequence[Line]) -> list[Bin]:
    """About equally many lines a bin, from the least sure on."""
    sure = [line for line in lines if line.confidence is not None]
    sure.sort(key=lambda line: line.confidence or 0.0)
    count = min(BINS, len(sure) // FEW)
    parts = np.array_split(np.arange(len(sure)), count) if count else []
    found = []
    for part in parts:
        inside = [sure[place] for place in part]
        mean = float(np.mean([line.confidence or 0.0 for line in inside]))
        found.append(Bin(mean, float(np.mean([line.chrf for line in inside])), len(inside)))
    return found


def rank_correlation(lines: Sequence[Line]) -> float | None:
    """Of confidence and chrF (Spearman's); None for fewer than three lines that have both."""
    sure = [line for line in lines if line.confidence is not None]
    if len(sure) <= 2:
        return None
    ranks = [_ranks([line.confidence or 0.0 for line in sure]), _ranks([x.chrf for x in sure])]
    found = float(np.corrcoef(ranks)[0, 1])
    return round(found, DIGITS) if np.isfinite(found) else None


def _ranks(values: Sequence[float]) -> Any:
    """Places in order, those of equals being their mean, (N,)."""
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[group]


def by_length(lines: Sequence[Line]) -> list[Bin]:
    """By words of the source, in steps that double."""
    lengths = np.array([len(line.pair.source.split()) for line in lines])
    steps = np.maximum(np.ceil(np.log2(np.maximum(lengths, 1))), 1).astype(int)
    found = []
    for step in np.unique(steps):
        inside = [line for line, of in zip(lines, steps, strict=True) if of == step]
        if len(inside) >= FEW:
            found.append(Bin(float(2**step), mean_chrf(inside) or 0.0, len(inside)))
    return found


def length_ratios(lines: Sequence[Line]) -> list[float]:
    """Characters of each translation, as a multiple of the reference's."""
    return [len(line.text) / len(line.pair.target) for line in lines if line.pair.target]


def flagged(lines: Sequence[Line]) -> list[Line]:
    """What someone should read before it is published."""
    return [line for line in lines if line.reasons]


def reasons(lines: Sequence[Line]) -> dict[str, int]:
    """How many lines have each reason, the most frequent first."""
    counts = Counter(name for line in lines for name in {str(one.reason) for one in line.reasons})
    return dict(counts.most_common())


def _of_set(of_set: Lines) -> dict[str, Any]:
    ways = {"served": as_served, "model_greedy": greedily, "model_beam": with_beams}
    figures: dict[str, Any] = {"lines": len(of_set.rows), "review": len(flagged(of_set.rows))}
    for way, written in ways.items():
        found = quality(of_set.rows, written)
        figures[way] = None if found is None else found._asdict()
    return figures


def summary(answers: Answers) -> dict[str, Any]:
    """All figures, for a program to read."""
    rows = answers.rows
    return {
        "models": [spec.identifier for spec in answers.specs],
        "lines": len(rows),
        "lines_given": answers.given,
        "mean_chrf": mean_chrf(rows),
        "sets": {of_set.name: _of_set(of_set) for of_set in answers.sets},
        "confidence": [one._asdict() for one in by_confidence(rows)],
        "confidence_rank_correlation": rank_correlation(rows),
        "review": {
            "lines": len(flagged(rows)),
            "reasons": reasons(rows),
            "mean_chrf": mean_chrf(flagged(rows)),
            "mean_chrf_of_others": mean_chrf([line for line in rows if not line.reasons]),
        },
    }
