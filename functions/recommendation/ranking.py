"""Rows of the catalogue, best first: for shoppers, for everyone, and like one item."""

from collections.abc import Sequence
from itertools import islice
from math import isfinite
from typing import Any

import numpy as np

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.diversity import diversify
from functions.recommendation.explanation import because
from functions.recommendation.model import Array, RecommendationModel
from functions.recommendation.placing import arrange, candidates_of
from functions.recommendation.plans import NO_PLAN
from functions.recommendation.schemas import RerankRequest
from functions.recommendation.wanted import DIGITS, Ranked, Wanted
from shared.process.telemetry import span

_ONE = 10.0**DIGITS


def rank_known(model: RecommendationModel, several: Sequence[Wanted]) -> list[Ranked]:
    """Rank for shoppers with events, in one run."""
    with span("infer"):
        states, items, added = model.encode([wanted.shopper.events for wanted in several])
        offsets = _offsets(model, several, items, added)
        feeds = model.ranking(states, offsets=offsets, events=(items, added))
        most = max(wanted.candidates for wanted in several)
        arranged = [bool(wanted.steering and wanted.steering.arranges) for wanted in several]
        if any(arranged):
            scores, rows, every = model.top_of_all(feeds, most)
        else:
            (scores, rows), every = model.top(feeds, most), None
    # What is arranged has its scores rounded afterwards, with those of items from elsewhere.
    shown = scores.tolist() if all(arranged) else _rounded(scores)
    best = zip(several, scores, shown, rows.tolist(), strict=True)
    found = [
        _choose(model, *one, None if every is None else every[place])
        for place, one in enumerate(best)
    ]
    if every is not None:
        _score_arranged(found, every)
    return found


def _rounded(scores: Array) -> list[Any]:
    """Scores with `DIGITS` after the point, in half the time that numpy's own rounding takes."""
    whole = np.rint(scores.astype(np.float64) * _ONE)
    rounded: list[Any] = (whole / _ONE).tolist()
    return rounded


def _score_arranged(found: Sequence[Ranked], every: Array) -> None:
    """Give scores to what was arranged, of all scores, (B, N) or more."""
    width = every.shape[1]
    arranged = [(at * width, it) for at, it in enumerate(found) if it.placed is not None]
    places = [start + row for start, it in arranged for row in it.rows]
    scores = iter(_rounded(every.take(places)) if places else [])
    for _, ranked in arranged:
        ranked.scores = list(islice(scores, len(ranked.rows)))


def _offsets(
    model: RecommendationModel, several: Sequence[Wanted], items: Array, added: Array
) -> Array | None:
    """Offsets that hide what is not to be shown, and boost; None for the model's own.

    An item of the history needs none, however large the catalogue: what its events add, (B, T),
    becomes minus infinity in place.
    """
    rows = []
    for place, wanted in enumerate(several):
        steering = wanted.steering
        if wanted.excludes_seen:
            if steering is not None and steering.pinned:
                added[place, ~np.isin(items[place], steering.pinned_rows)] = -np.inf
            else:
                added[place] = -np.inf
        row = _of_request(model, wanted)  # (N + 1,)
        long = len(wanted.shopper.events.items) > model.length
        if long or (steering is not None and steering.excluded):
            row = row.copy()
            row[wanted.hidden] = -np.inf
        rows.append(row)
    first = rows[0]
    if any(row is not first for row in rows):
        return np.stack(rows)
    return None if first is model.biases else first[None]


def _of_request(model: RecommendationModel, wanted: Wanted) -> Array:
    """The model's offsets with a request's boosts and filter, (N + 1,), not to be changed."""
    allowed = wanted.allowed
    plan = NO_PLAN if wanted.steering is None else wanted.steering.plan
    if allowed is None and not plan.boosts:
        return model.biases

    def made() -> Array:
        offsets = model.biases.copy()
        plan.boost(offsets, logits=True)
        if allowed is not None:
            np.putmask(offsets[:-1], ~allowed, -np.inf)
        return offsets

    if isinstance(wanted.request, RerankRequest):  # whose items are those of no other request
        return made()
    sources = (plan,) if allowed is None else (plan, allowed)
    return wanted.catalogue.derived.of(sources, ("offsets", *map(id, sources)), made)


def _choose(
    model: RecommendationModel,
    wanted: Wanted,
    exact: Array,
    scores: list[float],
    rows: list[int],
    every: Array | None,
) -> Ranked:
    """The items to show, of those that were ranked for any of the requests.

    Those that are arranged have no scores yet.
    """
    count = wanted.candidates
    if scores and not isfinite(scores[min(count, len(scores)) - 1]):
        count = sum(map(isfinite, scores[:count]))
    scores, rows = scores[:count], rows[:count]
    steering = wanted.steering
    if wanted.diversity and rows:
        wished = wanted.k if steering is None else candidates_of(steering, wanted.k)
        places = diversify(exact[: len(rows)], model.vectors(rows), wished, wanted.diversity)
        scores, rows = ([column[place] for place in places] for column in (scores, rows))
    if every is not None and steering is not None and steering.arranges:
        placed = arrange(steering, wanted.k, rows, every[: model.count])
        ranked = Ranked(placed.rows, [], placed=placed)
    else:
        ranked = Ranked(rows[: wanted.k], scores[: wanted.k])
    if wanted.request.explain and ranked.rows:
        with span("explain"):
            ranked.reasons = because(model, wanted.shopper.events, ranked.rows)
    return ranked


def rank_popular(k: int, catalogue: Catalogue, wanted: Wanted | None = None) -> Ranked:
    """The most popular items, where there is a request of those that it lets be shown."""
    values = catalogue.popularity.copy()
    if wanted is not None:
        wanted.hide(values)
    elif catalogue.active is not None:
        values[~catalogue.active] = -np.inf
    steering = None if wanted is None else wanted.steering
    if steering is not None:
        steering.plan.boost(values, logits=False)
    rows = np.argsort(-values, kind="stable")
    if wanted is not None and steering is not None and steering.arranges:
        shown = rows[np.isfinite(values[rows])].tolist()
        placed = arrange(steering, wanted.k, shown, values)
        return Ranked(placed.rows, _rounded(values[placed.rows]), placed=placed)
    rows = rows[:k]
    rows = rows[np.isfinite(values[rows])]
    return Ranked(rows.tolist(), _rounded(values[rows]))


def rank_unknown(wanted: Wanted) -> Ranked:
    """The most popular items, for a shopper of whom nothing is known."""
    ranked = rank_popular(wanted.k, wanted.catalogue, wanted)
    ranked.warnings.append(wanted.no_history)
    if wanted.diversity:
        ranked.warnings.append("diversity: not used without a history.")
    if wanted.request.explain:
        ranked.warnings.append("explain: without a history there is nothing to name.")
    return ranked


def rank_similar(model: RecommendationModel, row: int, k: int, catalogue: Catalogue) -> Ranked:
    """Other items, by the cosine of their vectors with one item's."""
    vector = model.vectors([row])  # (1, H)
    offsets = np.zeros((1, model.count + 1), np.float32)
    if catalogue.active is not None:
        np.putmask(offsets[0, :-1], ~catalogue.active, -np.inf)
    offsets[0, [row, model.count]] = -np.inf
    unit = vector / max(float(np.linalg.norm(vector)), 1e-9)
    with span("infer"):
        feeds = model.ranking(unit, scales=model.cosine_scales, offsets=offsets)
        scores, rows = model.top(feeds, min(k, model.count - 1))
    shown = int(np.isfinite(scores[0]).sum())
    return Ranked(rows[0, :shown].tolist(), _rounded(scores[0, :shown]))
