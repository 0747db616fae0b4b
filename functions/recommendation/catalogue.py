"""The catalogue beside a model: titles, and the fields that filters name."""

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from operator import is_
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

CATALOGUE_FILE = "catalogue.json"
NO_EVENTS = (
    "This model was made from the items' texts alone, before there were events: what is alike is "
    "known, what is had together is not, and what is popular by events recorded since."
)
MOST_KEPT, MOST_KEPT_BYTES = 64, 32_000_000  # of what is kept, made from fields

Array = NDArray[Any]


class Sized(Protocol):
    """What knows how many bytes of arrays it has."""

    @property
    def nbytes(self) -> int: ...


Made = TypeVar("Made", bound=Sized)


class Derived:
    """What was made from fields, kept for as long as these do not change.

    Catalogues with other fields may have the same one: what is kept counts only for the very
    sources that it was made from, which it keeps too.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[tuple[Sized, ...], Any]] = {}

    def of(self, sources: tuple[Sized, ...], key: Hashable, make: Callable[[], Made]) -> Made:
        """What ``make`` gives, made once.

        Args:
            sources: what it is made of, which is never changed in place.
            key: of what is made; it may have the sources' ids.
            make: gives an array or what has some, which no one may change.
        """
        kept = self._kept.get(key)
        if kept is not None and all(map(is_, kept[0], sources)):
            found: Made = kept[1]
            return found
        made = make()
        if isinstance(made, np.ndarray):
            made.setflags(write=False)
        self._kept.pop(key, None)
        self._make_room(made.nbytes)
        self._kept[key] = sources, made
        return made

    def _make_room(self, more: int) -> None:
        """Drop the oldest, so that ``more`` bytes can be kept."""
        # Another thread may change it meanwhile: what is dropped may be gone already.
        sizes = [(key, made.nbytes) for key, (_, made) in self._kept.copy().items()]
        total = sum(size for _, size in sizes) + more
        for place, (key, size) in enumerate(sizes):
            if len(sizes) - place < MOST_KEPT and total <= MOST_KEPT_BYTES:
                break
            self._kept.pop(key, None)
            total -= size


@dataclass(frozen=True)
class Catalogue:
    """N items, each at the row that it has in the model.

    Attributes:
        ids: of the items.
        titles: the same.
        fields: by name, (N,) float64 for numbers (NaN where there is none) or (N,) of str.
        popularity: (N,) float64, how many purchases or events each item has.
        known: (N,) bool, whether an item was in the training data.
        active: (N,) bool, the items that may be shown at all; None for all.
        derived: what is kept of what was made from the fields.
    """

    ids: list[str]
    titles: list[str]
    fields: dict[str, NDArray[Any]]
    popularity: NDArray[np.float64]
    known: NDArray[np.bool_]
    active: NDArray[np.bool_] | None = None
    derived: Derived = field(default_factory=Derived, repr=False, compare=False)

    def groups(self, name: str) -> NDArray[np.int64]:
        """A number for each value of a field, (N,) int64; an item without one has its own."""
        values = self.fields[name]

        def numbered() -> NDArray[np.int64]:
            lacking = values == "" if values.dtype.kind == "U" else np.isnan(values)
            _, numbers = np.unique(values, return_inverse=True)
            own = len(values) + np.arange(len(values))
            return np.where(lacking, own, numbers).astype(np.int64)

        return self.derived.of((values,), name, numbered)

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file that `save` wrote."""
        stored = json.loads(path.read_bytes())
        fields = {
            name: np.array(values, dtype=np.float64 if kind == "number" else np.str_)
            for name, (kind, values) in stored["fields"].items()
        }
        return cls(
            stored["ids"],
            stored["titles"],
            fields,
            np.array(stored["popularity"], np.float64),
            np.array(stored["known"], np.bool_),
        )

    def save(self, path: Path) -> None:
        """Write the catalogue as JSON, a column at a time."""
        fields = {
            name: ("text" if values.dtype.kind == "U" else "number", values.tolist())
            for name, values in self.fields.items()
        }
        stored = {
            "ids": self.ids,
            "titles": self.titles,
            "fields": fields,
            "popularity": self.popularity.tolist(),
            "known": self.known.astype(int).tolist(),
        }
        text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
        path.write_text(text + "\n", encoding="utf-8")
