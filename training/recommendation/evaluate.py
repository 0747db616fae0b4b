"""Figures of rankings for the model card: of all cases, and by the length of their history."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from functions.recommendation.catalogue import Catalogue
from shared.models.spec import Metric
from training.recommendation.interactions import Case
from training.recommendation.measures import Scorer, ranking_metrics, rankings

SHOWN_ITEMS = 10
SPREAD = ("coverage@10", "popularity_percentile@10", "novelty@10")
DECILES = tuple(f"shown_decile_{place}@10" for place in range(1, 11))
GROUPED = ("item-transition counts", "int8")  # ways of ranking that are shown by group too
FEW, MANY = 5, 20  # events; what users with few lose is seen of those with more than MANY
GROUPS = (
    (1, 5, "up to 5 events"),
    (1, 20, "up to 20 events"),
    (21, 100, "21 to 100"),
    (101, 10**9, "more than 100"),
)


def spread(ranked: NDArray[np.int64], catalogue: Catalogue) -> dict[str, float]:
    """How much of the catalogue is shown at all, and how popular what is shown is.

    ``popularity_percentile``: mean rank by popularity of the shown items, 1 for the most popular.
    ``novelty``: mean of -log2 of an item's share of all events, of which each item is given one
    more. ``shown_decile_1``: share of what is shown that is of the most popular tenth of the
    catalogue; ``shown_decile_10`` of the least popular.
    """
    shown, count = ranked[:, :SHOWN_ITEMS], len(catalogue)
    order = np.argsort(np.argsort(catalogue.popularity, kind="stable"), kind="stable")
    events = catalogue.popularity + 1
    novelty = -np.log2(events / events.sum())
    tenths = (count - 1 - order[shown]) * len(DECILES) // count  # 0 for the most popular
    shares = np.bincount(tenths.ravel(), minlength=len(DECILES)) / shown.size
    figures = (
        len(np.unique(shown)) / count,
        float(order[shown].mean() / max(1, count - 1)),
        float(novelty[shown].mean()),
    )
    return dict(zip(SPREAD, figures, strict=True)) | dict(
        zip(DECILES, shares.tolist(), strict=True)
    )


def group_metrics(
    ranked: NDArray[np.int64], cases: Sequence[Case], dataset: str, precision: str
) -> list[Metric]:
    """Figures by how many events a user's history has."""
    found = []
    for least, most, name in GROUPS:
        rows = [row for row, case in enumerate(cases) if least <= case.events <= most]
        if rows:
            values = ranking_metrics(ranked[rows], [cases[row] for row in rows])
            found.append(metric(f"{dataset}, {name}", precision, len(rows), values))
    return found


def with_few(
    scorer: Scorer, cases: Sequence[Case], *, exclude_seen: bool
) -> tuple[list[int], NDArray[np.int64]]:
    """What users are shown of whom a model is given their newest `FEW` events alone.

    Groups of users differ in their baskets too; the same users with less of their history do not.

    Args:
        scorer: of the model.
        cases: of whom those with more than `MANY` events count.
        exclude_seen: whether items of the history that is left are not shown.

    Returns:
        The places of these cases, and (places, K) rows of the catalogue.
    """
    places = [place for place, case in enumerate(cases) if case.events > MANY]
    short = [replace(cases[place], history=cases[place].history[-FEW:]) for place in places]
    if not short:
        return [], np.zeros((0, 0), np.int64)
    return places, rankings(scorer, short, exclude_seen=exclude_seen)


def few_metrics(
    ranked: NDArray[np.int64],
    few: tuple[list[int], NDArray[np.int64]],
    cases: Sequence[Case],
    dataset: str,
    precision: str,
) -> list[Metric]:
    """Figures of users with many events, and of the same with their newest alone.

    Args:
        ranked: (cases, K) rows of the catalogue.
        few: from `with_few`.
        cases: all of them.
        dataset: their name.
        precision: of what ranked.
    """
    places, short = few
    if not places:
        return []
    chosen = [cases[place] for place in places]
    return [
        metric(f"{dataset}, {told}", precision, len(places), ranking_metrics(rows, chosen))
        for told, rows in (
            (f"more than {MANY} events", ranked[places]),
            (f"the same by their newest {FEW} alone", short),
        )
    ]


def metric(dataset: str, precision: str, rows: int, values: Mapping[str, float]) -> Metric:
    rounded = {name: round(value, 4) for name, value in values.items()}
    return Metric(dataset=dataset, split="test", precision=precision, rows=rows, values=rounded)


def all_metrics(
    ranked: Mapping[str, NDArray[np.int64]],
    cases: Sequence[Case],
    catalogue: Catalogue,
    dataset: str,
) -> list[Metric]:
    """Figures of each way of ranking, then some by length of history.

    Args:
        ranked: (cases, K) int64 rows of the catalogue, by the name of what ranked them.
        cases: that were ranked for.
        catalogue: of the model.
        dataset: the cases' name.
    """
    metrics = []
    for label, found in ranked.items():
        values = ranking_metrics(found, cases) | spread(found, catalogue)
        metrics.append(metric(dataset, label, len(cases), values))
        print(f"{dataset}, {label}: {metrics[-1].values}")
    for label in GROUPED:
        metrics += group_metrics(ranked[label], cases, dataset, label)
    return metrics
