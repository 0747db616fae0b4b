"""The catalogue as it is now: that of the model, with what was written since its training."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.item_requests import ACTIVE
from functions.recommendation.items import ItemStore, Value, WrittenItem, get_item_store
from functions.recommendation.model import RecommendationModel
from shared.errors import StoreUnavailable

MAX_AGE_S = 1.0  # of what a process knows of items, where another one has written
MOST_WRITTEN_FIELDS = 100  # that the catalogue itself does not have
ANY_TEXT, ANY_NUMBER = "", float("nan")


def is_text(values: NDArray[Any]) -> bool:
    """Whether a field is one of text; all others are numbers."""
    return values.dtype.kind == "U"


class LiveCatalogue:
    """Keeps up with the item store.

    Args:
        model: whose catalogue it begins with.
    """

    def __init__(self, model: RecommendationModel) -> None:
        self._model = model
        self._store: ItemStore | None = None
        self._forget()

    def _forget(self) -> None:
        self._since: int | None = None
        self._checked_s = float("-inf")
        self._versions: dict[int, int] = {}
        self._written: dict[int, dict[str, Value]] = {}
        self._current = self._model.catalogue
        if ACTIVE in self._current.fields and not is_text(self._current.fields[ACTIVE]):
            self._current = replace(self._current, active=self._active(self._current.fields))

    def now(self, *, anew: bool = False) -> tuple[Catalogue, list[str]]:
        """The catalogue, at most `MAX_AGE_S` old, and a warning where the store did not answer.

        Args:
            anew: whether to ask the store in any case.
        """
        store = get_item_store()
        if store is not self._store:
            self._store = store
            self._forget()
        time_s = time.time()
        if not anew and 0 <= time_s - self._checked_s < MAX_AGE_S:
            return self._current, []
        try:
            changed, self._since = store.changes(self._since)
        except StoreUnavailable as error:
            return self._current, [f"Items' fields may be old: {error.detail}"]
        self._checked_s = time_s
        if news := self._news(changed):
            self._apply(news)
        return self._current, []

    def _news(self, changed: Iterable[WrittenItem]) -> dict[int, dict[str, Value]]:
        """Fields of rows that are not known already."""
        news: dict[int, dict[str, Value]] = {}
        for item in changed:
            row = self._model.row(item.item_id)
            if row is not None and item.version > self._versions.get(row, 0):
                self._versions[row] = item.version
                news[row] = item.fields
        return news

    def _apply(self, news: Mapping[int, Mapping[str, Value]]) -> None:
        fields = dict(self._current.fields)
        own = self._model.catalogue.fields
        by_name: dict[str, dict[int, Value | None]] = {}
        for row, written in news.items():
            for name in {*self._written.get(row, ()), *written}:
                by_name.setdefault(name, {})[row] = written.get(name)
            self._written[row] = dict(written)
        for name, values in by_name.items():
            fields[name] = _changed(fields.get(name), own.get(name), values, self._model.count)
        active = self._active(fields) if ACTIVE in by_name else self._current.active
        self._current = replace(self._current, fields=fields, active=active)

    @staticmethod
    def _active(fields: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_] | None:
        """Items that are not said to be inactive, (N,); None where that is all of them."""
        active: NDArray[np.bool_] = fields[ACTIVE] != 0
        return None if active.all() else active


def _changed(
    before: NDArray[Any] | None,
    own: NDArray[Any] | None,
    values: Mapping[int, Value | None],
    count: int,
) -> NDArray[Any]:
    """A field's values with some of them changed, (N,).

    Args:
        before: what it has; None where the field is new.
        own: what the model's catalogue has, to which None goes back.
        values: by row; one of another kind than the field is as good as none.
        count: of the items.
    """
    if before is None:
        text = any(isinstance(value, str) for value in values.values())
        before = np.full(count, ANY_TEXT if text else ANY_NUMBER)
    text = is_text(before)
    kind = str if text else (int, float)
    fitting: list[Any] = []
    for row, value in values.items():
        if isinstance(value, kind):
            fitting.append(value)
        else:
            fitting.append(own[row] if own is not None else ANY_TEXT if text else ANY_NUMBER)
    new = np.array(fitting, np.str_ if text else np.float64)
    changed = before.astype(np.promote_types(before.dtype, new.dtype))
    changed[list(values)] = new
    return changed
