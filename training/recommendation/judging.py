"""What a served folder ranks for held-out baskets, beside what simple counts rank; no torch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.recommendation.model import RecommendationModel
from shared.models.spec import ModelSpec
from training.errors import DataError
from training.recommendation.evaluate import (
    FEW,
    GROUPS,
    MANY,
    SHOWN_ITEMS,
    SPREAD,
    spread,
    with_few,
)
from training.recommendation.interactions import Case, History, Interactions, Item, split
from training.recommendation.measures import (
    CUTOFFS,
    Scorer,
    own_frequency,
    popularity,
    ranking_metrics,
    rankings,
    transitions,
)
from training.recommendation.served import served_scorer

MODEL, POPULARITY = "model", "popularity"
DIGITS = 4
DECILES = 10

Ranking = NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """Rankings of held-out cases.

    Attributes:
        spec: of the model.
        model: that ranked.
        data: the name of the data.
        cases: of users, each with the basket that is looked for.
        ranked: (cases, K) rows of the catalogue, by the name of what ranked them.
        counts: how many training events each item has, (N,).
        unknown: events of items that the model's catalogue has not, which were left out.
        few: places of the cases with many events, and what the model ranks for their newest alone.
    """

    model: RecommendationModel
    data: str
    cases: Sequence[Case]
    ranked: dict[str, Ranking]
    counts: NDArray[np.int64]
    unknown: int
    few: tuple[list[int], Ranking]

    @property
    def spec(self) -> ModelSpec:
        return self.model.spec


def in_catalogue(data: Interactions, model: RecommendationModel) -> tuple[Interactions, int]:
    """The data with the model's catalogue.

    Returns:
        The data without events of other items, and how many these were.

    Raises:
        DataError: no event is of an item of the model.
    """
    catalogue = model.catalogue
    known = [model.row(item.item_id) for item in data.catalogue]
    rows = np.array([-1 if row is None else row for row in known], np.int64)
    histories: list[History] = []
    unknown = 0
    for history in data.histories:
        items = rows[history.items]
        kept = items >= 0
        unknown += int((~kept).sum())
        if kept.any():
            histories.append(History(items[kept], history.events[kept], history.times[kept]))
    if not histories:
        raise DataError(
            f"No event is of an item in the catalogue of {model.spec.identifier}: these are "
            "another shop's data, or its items have other ids."
        )
    pairs = zip(catalogue.ids, catalogue.titles, strict=True)
    items_of = [Item(item_id, title) for item_id, title in pairs]
    return replace(data, catalogue=items_of, histories=histories), unknown


def judge(folder: Path, data: Interactions) -> Judged:
    """Rank each user's last basket, which a training on these data holds out.

    Raises:
        DataError: no user has baskets enough, or the data are another shop's.
        ModelError: the folder cannot be served.
    """
    model = RecommendationModel.load(folder)
    known, unknown = in_catalogue(data, model)
    parts = split(known)
    if not parts.test:
        raise DataError("No user has three baskets or more, of which the last could be looked for.")
    count = model.count
    scorers: dict[str, Scorer] = {
        MODEL: served_scorer(model, timed=bool(model.spec.parameters.get("timed"))),
        POPULARITY: popularity(parts.refit, count),
        "item-transition counts": transitions(parts.refit, count),
        "own frequency": own_frequency(parts.refit, count),
    }
    new_only = bool(model.spec.training.get("new_items_only"))
    ranked = {
        name: rankings(scorer, parts.test, exclude_seen=new_only)
        for name, scorer in scorers.items()
    }
    items = np.concatenate([history.items for history in parts.refit])
    counts = np.bincount(items, minlength=count)
    name = data.sources[0].name if data.sources else "the data"
    few = with_few(scorers[MODEL], parts.test, exclude_seen=new_only)
    return Judged(model, name, parts.test, ranked, counts, unknown, few)


def metrics(judged: Judged, rows: Sequence[int] | None = None) -> dict[str, dict[str, float]]:
    """Hit rate, recall and NDCG of each way of ranking, of all cases or of some."""
    places = range(len(judged.cases)) if rows is None else rows
    chosen = list(places)
    cases = [judged.cases[place] for place in chosen]
    return {way: ranking_metrics(ranked[chosen], cases) for way, ranked in judged.ranked.items()}


def by_activity(judged: Judged) -> dict[str, list[int]]:
    """Places of the cases by how many events their history has."""
    groups = {
        name: [row for row, case in enumerate(judged.cases) if least <= case.events <= most]
        for least, most, name in GROUPS
    }
    return {name: rows for name, rows in groups.items() if rows}


def few_events(judged: Judged) -> dict[str, dict[str, float]]:
    """What users with many events lose where the model is given their newest alone.

    Returns:
        Figures by what it was given; none where no user has so many.
    """
    places, short = judged.few
    if not places:
        return {}
    cases = [judged.cases[place] for place in places]
    return {
        "all events": ranking_metrics(judged.ranked[MODEL][places], cases),
        f"newest {FEW} alone": ranking_metrics(short, cases),
    }


def coverage(judged: Judged) -> dict[str, float]:
    """Share of the catalogue that is among anyone's ten best, by way of ranking."""
    return {way: figures["coverage@10"] for way, figures in spreads(judged).items()}


def spreads(judged: Judged) -> dict[str, dict[str, float]]:
    """The figures `SPREAD` of each way of ranking, see `spread`."""
    # Popularity by the events that were trained on: the catalogue may count others too.
    counted = replace(judged.model.catalogue, popularity=judged.counts.astype(np.float64))
    found = {way: spread(ranked, counted) for way, ranked in judged.ranked.items()}
    return {way: {name: figures[name] for name in SPREAD} for way, figures in found.items()}


def deciles(judged: Judged) -> dict[str, list[float]]:
    """Shares of each tenth of the items, the most popular first.

    Returns:
        What is in the baskets, and what each way of ranking shows among its ten best.
    """
    order = np.argsort(np.argsort(-judged.counts, kind="stable"), kind="stable")  # rank of an item
    tenth = order * DECILES // len(order)
    bought = np.concatenate([case.basket for case in judged.cases])
    shown = {way: ranked[:, :SHOWN_ITEMS].ravel() for way, ranked in judged.ranked.items()}
    found = {"in the next baskets": bought, **shown}
    return {
        name: (np.bincount(tenth[items], minlength=DECILES) / len(items)).tolist()
        for name, items in found.items()
    }


def summary(judged: Judged) -> dict[str, Any]:
    """All figures, for a program to read."""

    def rounded(values: dict[str, float]) -> dict[str, float]:
        return {name: round(value, DIGITS) for name, value in values.items()}

    whole = metrics(judged)
    names = [f"{figure}@{k}" for figure in ("hr", "recall", "ndcg") for k in CUTOFFS]
    return {
        "model": judged.spec.identifier,
        "data": judged.data,
        "users": len(judged.cases),
        "items": judged.model.count,
        "events_of_unknown_items": judged.unknown,
        "ranked_by": {way: rounded(values) for way, values in whole.items()},
        "lift_over_popularity": {
            name: round(whole[MODEL][name] / whole[POPULARITY][name], DIGITS)
            for name in names
            if whole[POPULARITY][name]
        },
        "coverage@10": rounded(coverage(judged)),
        "spread": {way: rounded(figures) for way, figures in spreads(judged).items()},
        f"few_events_of_users_with_more_than_{MANY}": {"users": len(judged.few[0])}
        | {given: rounded(figures) for given, figures in few_events(judged).items()},
        "by_activity": {
            name: {"users": len(rows)}
            | {way: rounded(values) for way, values in metrics(judged, rows).items()}
            for name, rows in by_activity(judged).items()
        },
        "popularity_deciles": {
            name: [round(share, DIGITS) for share in shares]
            for name, shares in deciles(judged).items()
        },
    }
