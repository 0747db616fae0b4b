"""The catalogue beside a model: titles, and the fields that filters name."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

CATALOGUE_FILE = "catalogue.json"


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
    """

    ids: list[str]
    titles: list[str]
    fields: dict[str, NDArray[Any]]
    popularity: NDArray[np.float64]
    known: NDArray[np.bool_]
    active: NDArray[np.bool_] | None = None
    _groups: dict[str, NDArray[np.int64]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def groups(self, name: str) -> NDArray[np.int64]:
        """A number for each value of a field, (N,) int64; an item without one has its own."""
        if name not in self._groups:
            values = self.fields[name]
            lacking = values == "" if values.dtype.kind == "U" else np.isnan(values)
            _, numbers = np.unique(values, return_inverse=True)
            own = len(values) + np.arange(len(values))
            self._groups[name] = np.where(lacking, own, numbers).astype(np.int64)
        return self._groups[name]

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
