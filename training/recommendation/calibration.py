"""What is set after training, by the ranking of the validation baskets.

How much an item's text counts beside its events, and how much having had an item often counts.
"""

import copy
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from training.recommendation.interactions import Split
from training.recommendation.measures import Scorer, ranking_metrics, rankings
from training.recommendation.model import SequenceModel
from training.recommendation.titles import Placed, Texts
from training.recommendation.trainer import baskets_of, scorer

# What is tried of each, and what after it while the last one is the best.
TRUSTS, MORE_TRUSTS = (0.0, 2.0, 5.0, 10.0), (20.0, 40.0, 80.0)  # events
# Of log (1 + times had), added to a score.
OFTEN, MORE_OFTEN = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0), (4.0, 5.0, 6.0, 8.0, 10.0, 12.0)
METRIC = "ndcg@10"


def placed_by_texts(model: SequenceModel, texts: Texts, parts: Split) -> Placed:
    """What the texts of items say of new and rare ones, by what the model was trained on."""
    items = np.concatenate([history.items for history in parts.train])
    counts = np.bincount(items, minlength=model.config.items)
    vectors, biases = model.vectors().detach().numpy(), model.bias.detach().numpy()
    return Placed.of(texts, vectors, biases, counts, baskets_of(model, parts.train))


def mixed(model: SequenceModel, placed: Placed, trust: float) -> SequenceModel:
    """A copy whose new and rare items are placed by their texts too; see `Placed.mixed`."""
    vectors, biases = placed.mixed(
        model.vectors().detach().numpy(), model.bias.detach().numpy(), trust
    )
    found = copy.deepcopy(model)
    scale = model.config.temperature or 1.0
    with torch.no_grad():
        found.item.weight[:-1] = torch.from_numpy(vectors * scale)
        found.bias[:] = torch.from_numpy(biases)
    return found


def choose_trust(model: SequenceModel, texts: Texts, parts: Split, *, new_only: bool) -> float:
    """The number of events that a text counts as much as, with the best NDCG@10 of validation.

    Args:
        model: trained without the validation baskets.
        texts: of its items.
        parts: the data, of which the test is not looked at.
        new_only: whether items of the history are left out of the rankings.
    """
    placed = placed_by_texts(model, texts, parts)

    def make(trust: float) -> Scorer:
        return scorer(mixed(model, placed, trust))

    what = "a text counts as so many events"
    return _best(what, (TRUSTS, MORE_TRUSTS), make, parts, new_only=new_only)


def choose_often(model: SequenceModel, parts: Split, *, new_only: bool) -> float:
    """What having had an item often counts, with the best NDCG@10 of validation.

    Args:
        model: trained without the validation baskets.
        parts: the data, of which the test is not looked at.
        new_only: whether items of the history are left out of the rankings.
    """
    if not model.config.repeats:
        return 0.0

    def make(often: float) -> Scorer:
        changed = copy.deepcopy(model)
        changed.repeat_often.data.fill_(often)
        return scorer(changed)

    what = "having had an item often counts"
    return _best(what, (OFTEN, MORE_OFTEN), make, parts, new_only=new_only)


def _best(
    what: str,
    numbers: tuple[Sequence[float], Sequence[float]],
    make: Callable[[float], Scorer],
    parts: Split,
    *,
    new_only: bool,
) -> float:
    """The number whose scorer ranks the validation baskets best, the first of equals.

    Args:
        what: the number is, to be printed.
        numbers: to try, ascending, and those to go on with while the greatest is the best.
        make: the scorer of a number.
        parts: the data.
        new_only: whether items of the history are left out of the rankings.
    """
    values: dict[float, float] = {}
    usual, more = numbers
    for number in (*usual, *more):
        if number in more and _best_of(values) != max(values):
            break
        ranked = rankings(make(number), parts.validation, exclude_seen=new_only)
        values[number] = ranking_metrics(ranked, parts.validation)[METRIC]
    best = _best_of(values)
    shown = ", ".join(f"{number:g}: {value:.4f}" for number, value in values.items())
    print(f"{what}: {best:g} ({METRIC} of validation by it: {shown})")
    return best


def _best_of(values: Mapping[float, float]) -> float:
    """The number with the greatest value, the first of equals."""
    return max(values, key=values.__getitem__)
