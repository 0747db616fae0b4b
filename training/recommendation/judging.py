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
from training.recommendation.evaluate import GROUPS, SHOWN_ITEMS, spread
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
    """

    model: RecommendationModel
    data: str
    cases: Sequence[Case]
    ranked: dict[str, Ranking]
    counts: NDArray[np.int64]
    unknown: int

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
    return Judged(model, name, parts.test, ranked, counts, unknown)


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


def coverage(judged: Judged) -> dict[str, float]:
    """Share of the catalogue that is among anyone's ten best, by way of ranking."""
    catalogue = judged.model.catalogue
    return {way: spread(found, catalogue)["coverage@10"] for way, found in judged.ranked.items()}


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
