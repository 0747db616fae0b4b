"""How often the served model ranks what your customers did next, beside what sells most.

    retail evaluate recommendation --events events.csv

Of every customer the last basket (the events of one time) is held back, and asked for by the ones
before it. Events after those that the model was trained on make the honest test: on others it has
seen the answers.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from functions.recommendation.model import RecommendationModel
from functions.recommendation.responses import ItemsResponse
from functions.recommendation.schemas import (
    MAX_HISTORY,
    MAX_K,
    HistoryEvent,
    PopularRequest,
    RecommendationRequest,
)
from functions.recommendation.service import RecommendationService, get_service
from local.evaluation.measuring import (
    Figures,
    evaluated,
    evaluation_parser,
    in_batches,
    serve_from,
    share,
)
from shared.errors import ServiceError
from training.errors import DataError
from training.recommendation.files import read_files
from training.recommendation.interactions import EVENTS, Case, History, Interactions
from training.recommendation.measures import CUTOFFS, ranking_metrics

BATCH = 64
SHOWN = max(CUTOFFS)
NONE = -1  # a place of a ranking that holds no item


@dataclass(frozen=True)
class Held:
    """A request, and what came next.

    Attributes:
        wanted: rows of the model's catalogue.
        history: the events before, of items by their ids.
    """

    request: RecommendationRequest
    wanted: NDArray[np.int64]
    seen: frozenset[str]

    @property
    def case(self) -> Case:
        """As the measures take it, which look at the basket alone."""
        none = np.zeros(0, np.int64)
        return Case(History(none, none, none.astype(np.float64)), self.wanted, 0.0)


def held_out(data: Interactions, model: RecommendationModel, *, exclude_seen: bool) -> list[Held]:
    """The last basket of every history that has one before it, as far as the model knows it."""
    ids = [item.item_id for item in data.catalogue]
    found = []
    for history in data.histories:
        start = int(history.basket_starts()[-1])
        before = history[max(0, start - MAX_HISTORY) : start]
        seen = frozenset(ids[item] for item in before.items)
        basket = {ids[item] for item in history.items[start:]} - (seen if exclude_seen else set())
        rows = [row for row in map(model.row, sorted(basket)) if row is not None]
        if start and rows:
            events = [
                HistoryEvent(item_id=ids[item], event=EVENTS[kind], timestamp=float(time))
                for item, kind, time in zip(before.items, before.events, before.times, strict=True)
            ]
            request = RecommendationRequest(history=events, k=SHOWN, exclude_seen=exclude_seen)
            found.append(Held(request, np.array(rows, np.int64), seen))
    return found


def rank(service: RecommendationService, held: Sequence[Held]) -> NDArray[np.int64]:
    """The service's rankings, (N, K) rows of the catalogue.

    Raises:
        ServiceError: a request cannot be answered.
    """
    ranked = []
    for batch in in_batches(held, BATCH, "customers"):
        for outcome in service.rank([one.request for one in batch]):
            if isinstance(outcome, ServiceError):
                raise outcome
            assert isinstance(outcome, ItemsResponse)
            ranked.append(_rows(service, [item.item_id for item in outcome.items]))
    return np.array(ranked)


def rank_popular(
    service: RecommendationService, held: Sequence[Held], *, exclude_seen: bool
) -> NDArray[np.int64]:
    """What had most events in the training data, for everyone; less what each had."""
    popular = [item.item_id for item in service.popular(PopularRequest(k=MAX_K)).items]
    hidden = [one.seen if exclude_seen else frozenset() for one in held]
    shown = ([item_id for item_id in popular if item_id not in had] for had in hidden)
    return np.array([_rows(service, ids) for ids in shown])


def _rows(service: RecommendationService, ids: Sequence[str]) -> list[int]:
    rows = [row for row in map(service.model.row, ids[:SHOWN]) if row is not None]
    return rows + [NONE] * (SHOWN - len(rows))


def figures(
    ranked: NDArray[np.int64], popular: NDArray[np.int64], held: Sequence[Held], items: int
) -> Figures:
    """Figures of both rankings side by side, and how much of the catalogue is shown."""
    cases = [one.case for one in held]
    ours, theirs = ranking_metrics(ranked, cases), ranking_metrics(popular, cases)
    rows = [
        {"figure": name, "model": round(value, 4), "most_popular": round(theirs[name], 4)}
        for name, value in ours.items()
    ]
    shown = len(np.unique(ranked[ranked != NONE]))
    return {"customers": len(held), f"coverage@{SHOWN}": share(shown, items), "rankings": rows}


def evaluate(args: argparse.Namespace) -> Figures:
    """Figures of the served model on a file of events.

    Raises:
        DataError: the file cannot be used, or holds nothing to ask for.
        CommandError: the folder has no model.
        ServiceError: the model cannot be served.
    """
    serve_from("recommendation", args.model)
    data = read_files(args.events, None)
    service = get_service()
    exclude_seen = not args.with_seen
    held = held_out(data, service.model, exclude_seen=exclude_seen)
    if not held:
        raise DataError(
            f"{args.events} has no customer with two baskets the last of which holds an item of "
            f"the model's catalogue{'' if args.with_seen else ' that is new to them'}. Is it the "
            "shop that the model was trained for?"
        )
    ranked = rank(service, held)
    popular = rank_popular(service, held, exclude_seen=exclude_seen)
    named = {"model": service.model.spec.identifier, "events": str(args.events)}
    return {**named, **figures(ranked, popular, held, service.model.count)}


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = evaluation_parser("recommendation", __doc__)
    parser.add_argument(
        "--events", type=Path, required=True, help="CSV: user_id, item_id, event, timestamp"
    )
    parser.add_argument(
        "--with-seen",
        action="store_true",
        help="rank and ask for items too that a customer had before (default: new ones alone)",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Evaluate; 0 when it is done, 2 where the data or the model cannot be used."""
    args = build_parser().parse_args(argv)
    return evaluated(lambda: evaluate(args), as_json=args.json)


if __name__ == "__main__":
    sys.exit(main())
