"""What is set after training, by the ranking of the validation baskets.

How much an item's text counts beside its events, and how much having had an item often counts.
"""

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch

from training.recommendation.interactions import Split
from training.recommendation.measures import Scorer, ranking_metrics, rankings
from training.recommendation.model import SequenceModel
from training.recommendation.titles import Texts, place_items
from training.recommendation.trainer import scorer

TRUSTS = (0.0, 2.0, 5.0, 10.0)  # events
OFTEN = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)  # of log (1 + times had), added to a score
MOST_OFTEN = 12.0  # up to which it goes on by one, while the last is the best
METRIC = "ndcg@10"


def mixed(model: SequenceModel, texts: Texts, parts: Split, trust: float) -> SequenceModel:
    """A copy whose cold and rare items are placed by their texts too; see `place_items`."""
    items = np.concatenate([history.items for history in parts.train])
    counts = np.bincount(items, minlength=model.config.items)
    vectors, biases = place_items(
        texts, model.vectors().detach().numpy(), model.bias.detach().numpy(), counts, trust
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

    def make(trust: float) -> Scorer:
        return scorer(mixed(model, texts, parts, trust))

    return _best("a text counts as so many events", TRUSTS, make, parts, new_only=new_only)


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
    return _best(what, OFTEN, make, parts, new_only=new_only, most=MOST_OFTEN)


def _best(
    what: str,
    numbers: Sequence[float],
    make: Callable[[float], Scorer],
    parts: Split,
    *,
    new_only: bool,
    most: float = 0.0,
) -> float:
    """The number whose scorer ranks the validation baskets best, the first of equals.

    Args:
        what: the number is, to be printed.
        numbers: to try, ascending.
        make: the scorer of a number.
        parts: the data.
        new_only: whether items of the history are left out of the rankings.
        most: up to which it goes on by one, while the greatest is the best; 0 for no further.
    """
    values: dict[float, float] = {}
    waiting = list(numbers)
    while waiting:
        number = waiting.pop(0)
        ranked = rankings(make(number), parts.validation, exclude_seen=new_only)
        values[number] = ranking_metrics(ranked, parts.validation)[METRIC]
        best = max(values, key=lambda number: values[number])
        if not waiting and best == number < most:
            waiting.append(min(number + 1, most))
    shown = ", ".join(f"{number:g}: {value:.4f}" for number, value in values.items())
    print(f"{what}: {best:g} ({METRIC} of validation by it: {shown})")
    return best
