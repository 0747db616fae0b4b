"""What users did, in the order of time, and what is held out of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

EVENTS = ("view", "cart", "purchase")


@dataclass(frozen=True)
class Item:
    """One row of the catalogue; ``fields`` are what a filter can name.

    Attributes:
        description: more words, which place it among the others; not served.
    """

    item_id: str
    title: str
    fields: dict[str, str | float] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True)
class History:
    """One user's events, oldest first.

    Attributes:
        items: (T,) int64, rows of the catalogue.
        events: (T,) int64, places in `EVENTS`.
        times: (T,) float64, seconds; or ranks, where the data have no time.
    """

    items: NDArray[np.int64]
    events: NDArray[np.int64]
    times: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, part: slice) -> "History":
        return History(self.items[part], self.events[part], self.times[part])

    def basket_starts(self) -> NDArray[np.int64]:
        """Where each basket begins: events of one time are one basket."""
        changes = np.flatnonzero(np.diff(self.times)) + 1
        return np.concatenate([[0], changes]).astype(np.int64)


@dataclass(frozen=True)
class Interactions:
    """All users' histories over one catalogue.

    Attributes:
        catalogue: its rows; those with no event are cold.
        timed: whether ``times`` are seconds.
        sources: of the data, for the model card.
    """

    catalogue: list[Item]
    histories: list[History]
    timed: bool
    sources: list[Any]


@dataclass(frozen=True)
class Case:
    """A history and the basket that followed it."""

    history: History
    basket: NDArray[np.int64]
    time: float

    @property
    def events(self) -> int:
        return len(self.history)


@dataclass(frozen=True)
class Split:
    """Each user's last basket for the test, the one before it for validation.

    Attributes:
        train: without both.
        refit: without the test only.
    """

    train: list[History]
    refit: list[History]
    validation: list[Case]
    test: list[Case]


def _cases(history: History, starts: Sequence[int], back: int) -> Iterator[Case]:
    """The basket ``back`` places from the end, if something comes before it."""
    if len(starts) > back:
        start = starts[-back]
        end = starts[1 - back] if back > 1 else len(history)
        basket = np.unique(history.items[start:end])
        yield Case(history[:start], basket, float(history.times[start]))


def last_baskets(histories: Sequence[History]) -> list[Case]:
    """Each history's last basket, after what came before it."""
    return [it for one in histories for it in _cases(one, one.basket_starts().tolist(), 1)]


def split(data: Interactions, fewest: int = 3) -> Split:
    """Hold out by user, in time: nothing of a user's held-out baskets is trained on.

    Args:
        data: all of it.
        fewest: baskets that a user must have for two to be held out; others are trained on whole.
    """
    train: list[History] = []
    refit: list[History] = []
    validation: list[Case] = []
    test: list[Case] = []
    for history in data.histories:
        starts = history.basket_starts().tolist()
        if len(starts) < fewest:
            train.append(history)
            refit.append(history)
            continue
        test += _cases(history, starts, 1)
        validation += _cases(history, starts, 2)
        train.append(history[: starts[-2]])
        refit.append(history[: starts[-1]])
    return Split(train, refit, validation, test)
