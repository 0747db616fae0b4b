"""How sure a served model may be: `functions.translation.confidence`, fitted to judged lines.

Which of the things that are known of a translation tell how good it is, is learned from many lines
that have a reference, a high chrF standing for right. How likely right is, is then learned from the
few that someone has judged.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import NamedTuple

import torch
from sacrebleu.metrics import CHRF

from functions.translation.confidence import Calibration, Certainty, Known
from functions.translation.engine import Engine
from functions.translation.schemas import TranslateRequest, TranslateResponse
from functions.translation.service import TranslationService
from functions.translation.text.languages import Hop
from shared.models.spec import ModelSpec, read_spec, write_spec
from training.errors import DataError
from training.translation.data import by_direction
from training.translation.judgements import RIGHT, SURE, read_judgements
from training.translation.pairs import Pair

GOOD_CHRF = 60.0  # of a line, which then stands for a right one
DECAY = 1e-3  # of the weights, so that a thing which never varies gets none


class Seen(NamedTuple):
    """A line as it is served.

    Attributes:
        knowns: of each of its sentences.
        text: the translation.
        confidence: as the model's own weights have it; None where nothing was translated.
    """

    pair: Pair
    knowns: Sequence[Known]
    text: str
    confidence: float | None = None


@dataclass(frozen=True)
class Reliability:
    """How a calibration does on judged lines that it was not fitted to.

    Attributes:
        lines: that were judged.
        right: of them.
        sure: lines that are at least `SURE`.
        sure_right: of those.
        error: expected calibration error, in tenths of the scale, 0 to 1.
    """

    lines: int
    right: int
    sure: int
    sure_right: int
    error: float


class _Watched(Engine):
    """An engine that keeps what is known of each translation, in ``seen``."""

    seen: list[Known]

    def certainty(self, hop: Hop) -> Certainty:
        certainty = super().certainty(hop)

        def keep(known: Known) -> float:
            self.seen.append(known)
            return certainty(known)

        return keep


def observe(folder: Path, pairs: Sequence[Pair]) -> list[Seen]:
    """Translate lines as they are served, each alone.

    Args:
        folder: of one served model or of several.
        pairs: in directions that are served.

    Raises:
        DataError: a line is refused.
    """
    engine = _Watched(folder, 1)
    service, found = TranslationService(engine), []
    for pair in pairs:
        engine.seen = []
        request = TranslateRequest(
            text=pair.source, source=pair.source_language, target=pair.target_language
        )
        (outcome,) = service.translate([request])
        if not isinstance(outcome, TranslateResponse):
            raise DataError(f"The service refuses {pair.source!r}: {outcome}")
        (translation,) = outcome.translations
        found.append(Seen(pair, engine.seen, translation.text, translation.confidence))
    return found


def fit(seen: Sequence[Seen], judged: Sequence[tuple[Seen, bool]]) -> Calibration:
    """The weights of what is known, by chrF; then how they say "right", by judgements.

    Args:
        seen: lines with a reference.
        judged: lines, and whether each is right.
    """
    chrf = CHRF()
    scored = [
        (line.knowns[0], chrf.sentence_score(line.text, [line.pair.target]).score >= GOOD_CHRF)
        for line in seen
        if len(line.knowns) == 1
    ]
    names = [field.name for field in fields(Known)]
    rows = torch.tensor([[getattr(known, name) for name in names] for known, _ in scored])
    weights, base = _logistic(rows, torch.tensor([float(good) for _, good in scored]))
    rough = Calibration(base, **dict(zip(names, weights, strict=True)))
    logits = [[_logit(least_sure(rough, line))] for line, _ in judged]
    (scale,), shift = _logistic(torch.tensor(logits), torch.tensor([float(r) for _, r in judged]))
    scaled = {name: scale * getattr(rough, name) for name in names}
    return replace(rough, base=scale * rough.base + shift, **scaled)


def _logistic(rows: torch.Tensor, labels: torch.Tensor) -> tuple[list[float], float]:
    """Weights and intercept of a logistic regression of rows (N, F) on labels (N,)."""
    weights = torch.zeros(rows.shape[1], requires_grad=True)
    base = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, base], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        logits = rows @ weights + base
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
        loss = loss + DECAY * weights.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return weights.detach().tolist(), float(base.detach())


def _logit(probability: float) -> float:
    inside = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(inside / (1 - inside))


def least_sure(calibration: Calibration, line: Seen) -> float:
    """The confidence of a line: that of its least sure sentence."""
    return min((calibration.probability(known) for known in line.knowns), default=1.0)


def reliability(
    judged: Sequence[tuple[Seen, bool]],
    fitted: Callable[[Sequence[tuple[Seen, bool]]], Calibration],
) -> Reliability:
    """Measured on each half of the judged lines with weights of the other half.

    Args:
        judged: lines, and whether each is right.
        fitted: gives a calibration of such lines.
    """
    rows: list[tuple[float, bool]] = []
    for half in (0, 1):
        calibration = fitted(judged[1 - half :: 2])
        rows += [(least_sure(calibration, line), right) for line, right in judged[half::2]]
    sure = [right for confidence, right in rows if confidence >= SURE]
    tenths: dict[int, list[tuple[float, bool]]] = {}
    for row in rows:
        tenths.setdefault(min(9, int(row[0] * 10)), []).append(row)
    error = sum(abs(sum(p - right for p, right in bin_)) for bin_ in tenths.values()) / len(rows)
    right = sum(right for _, right in rows)
    return Reliability(len(rows), right, len(sure), sum(sure), round(error, 3))


def put(folder: Path, calibration: Calibration) -> ModelSpec:
    """Write a calibration into a served folder's spec.json; its new spec."""
    spec = read_spec(folder)
    weights = {name: round(value, 4) for name, value in calibration.written().items()}
    changed = spec.model_copy(update={"parameters": {**spec.parameters, **weights}})
    return write_spec(folder, changed)


def calibrate(folder: Path, test: Sequence[Path], judged_file: Path) -> Reliability:
    """Calibrate a served model and write the weights into its folder.

    Args:
        folder: of one served model.
        test: files of lines with a reference.
        judged_file: as of `read_judgements`; what is of other translations than the model gives
            now is left out.

    Raises:
        DataError: a file cannot be used, or too few judgements are of what the model gives.
    """
    spec, judgements = read_spec(folder), read_judgements(judged_file)
    sets = by_direction(test, spec.languages, spec.targets)
    pairs = [pair for found in sets.values() for pair in found]
    lines = [Pair(one.text, one.translation, one.source, one.target) for one in judgements]
    judged = [
        (line, one.verdict == RIGHT)
        for line, one in zip(observe(folder, lines), judgements, strict=True)
        if line.text == one.translation and line.knowns
    ]
    if len(judged) < len(judgements) / 2 or len({right for _, right in judged}) == 1:
        raise DataError(
            f"{len(judged)} of {len(judgements)} judgements are of what {folder} gives; at least "
            "half must be, and some must be right and some not: judge its translations anew."
        )
    seen = observe(folder, pairs)
    found = reliability(judged, lambda half: fit(seen, half))
    put(folder, fit(seen, judged))
    return found
