"""The catalogue beside a model: titles, and the fields that filters name."""

import json
from dataclasses import dataclass
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
    """

    ids: list[str]
    titles: list[str]
    fields: dict[str, NDArray[Any]]
    popularity: NDArray[np.float64]
    known: NDArray[np.bool_]

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
