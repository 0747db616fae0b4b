"""The served sequence model: an encoder of the history and a ranker of the whole catalogue.

Both graphs read one table of item vectors, int8 with a scale for each item, that they are given
when their sessions are made. The ranker's scales and offsets are inputs, so that filters, items
already seen, and cosine instead of inner product need no other graph.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from functions.recommendation.catalogue import CATALOGUE_FILE, Catalogue
from shared.deadline import check_deadline
from shared.inference import TOKENIZER_FILE, Session, open_session
from shared.model_spec import ModelSpec, read_spec, verify_files

ENCODER_FILE = "encoder.onnx"
RANKER_FILE = "ranker.onnx"
TABLES_FILE = "tables.npz"
MODEL_FILES = (ENCODER_FILE, RANKER_FILE, TABLES_FILE, TOKENIZER_FILE, CATALOGUE_FILE)
EVENT_TYPES = ("view", "cart", "purchase")
AGE_BUCKETS = 16
HIDDEN_EVENT = -1e9  # log-weight of padding
MAX_BATCH = 64

Array = NDArray[Any]


def age_buckets(ages_s: Array) -> NDArray[np.int64]:
    """Buckets of how long ago something was: 0 within the same visit, then one a doubling.

    About 40 minutes begin bucket 1, a day is in 6, a week in 8, a year in 14.
    """
    hours = np.maximum(ages_s, 1e-9) / 3_600
    buckets = np.rint(np.log2(hours)).astype(np.int64) + 1
    return np.clip(buckets, 0, AGE_BUCKETS - 1)


@dataclass(frozen=True, slots=True)
class Events:
    """One shopper's events as the model reads them, oldest first.

    Attributes:
        items: rows of the catalogue.
        kinds: places in `EVENT_TYPES`.
        ages_s: seconds before the recommendation.
        weights: in (0, 1], how much each counts.
    """

    items: list[int]
    kinds: list[int]
    ages_s: list[float]
    weights: list[float]

    def without(self, row: int) -> "Events":
        """The same without any event of one item."""
        kept = [place for place, item in enumerate(self.items) if item != row]
        return Events(*([column[p] for p in kept] for column in self.columns))

    def newest(self, count: int) -> "Events":
        return Events(*(column[-count:] for column in self.columns))

    @property
    def columns(self) -> tuple[list[Any], ...]:
        return self.items, self.kinds, self.ages_s, self.weights


class RecommendationModel:
    """A verified model folder, ready to rank.

    Attributes:
        spec: the folder's ``spec.json``.
        catalogue: titles and fields of its items.
        length: most events that it looks at.
    """

    def __init__(
        self,
        spec: ModelSpec,
        catalogue: Catalogue,
        tokenizer: Tokenizer,
        sessions: tuple[Session, Session],
        tables: Mapping[str, Array],
    ) -> None:
        self.spec, self.catalogue, self._tokenizer = spec, catalogue, tokenizer
        self._encoder, self._ranker = sessions
        self._vectors, self.scales, self.biases = (
            tables[name] for name in ("items", "scales", "biases")
        )  # (H, N + 1), (N + 1,), (N + 1,)
        self.length = spec.limits["history"]
        self.count = len(catalogue)

    @classmethod
    def load(cls, folder: Path, threads: int = 1) -> Self:
        """Verify every file of ``folder`` and open it.

        Raises:
            ModelMissing: the folder or a file is not there.
            ModelAltered: a file is not what ``spec.json`` states.
        """
        spec = read_spec(folder)
        verify_files(folder, spec)
        with np.load(folder / TABLES_FILE) as stored:
            tables = {name: stored[name] for name in stored.files}
        shared = {"items": tables["items"]}
        encoder = open_session(
            folder / ENCODER_FILE, threads, shared | {"scales": tables["scales"]}
        )
        ranker = open_session(folder / RANKER_FILE, threads, shared)
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        catalogue = Catalogue.load(folder / CATALOGUE_FILE)
        return cls(spec, catalogue, tokenizer, (encoder, ranker), tables)

    def row(self, item_id: str) -> int | None:
        """Row of an item in the catalogue; None where it is not in it."""
        row: int | None = self._tokenizer.token_to_id(item_id)
        return row if row is not None and row < self.count else None

    def encode(self, histories: Sequence[Events]) -> tuple[Array, Array, Array]:
        """States of shoppers, and what each event adds to its own item.

        Args:
            histories: B of them, none empty; only the newest `length` events count.

        Returns:
            (B, H) float32, (B, T) int64 rows padded with N, and (B, T) float32.

        Raises:
            DeadlineNear: the function is about to be stopped.
        """
        check_deadline()
        cut = [events.newest(self.length) for events in histories]
        width = max(len(events.items) for events in cut)
        items = np.full((len(cut), width), self.count, np.int64)
        kinds = np.zeros_like(items)
        ages = np.zeros(items.shape)
        weights = np.full(items.shape, HIDDEN_EVENT, np.float32)
        for row, events in enumerate(cut):
            part = slice(width - len(events.items), None)
            items[row, part] = events.items
            kinds[row, part] = events.kinds
            ages[row, part] = events.ages_s
            weights[row, part] = np.log(events.weights)
        feeds = {"item_ids": items, "event_ids": kinds, "log_weights": weights}
        states, added = self._encoder.run(None, feeds | {"ages": age_buckets(ages)})
        return states, items, added

    def ranking(
        self, states: Array, scales: Array | None = None, offsets: Array | None = None
    ) -> dict[str, Array]:
        """Inputs of the ranker.

        Args:
            states: (B, H) float32.
            scales: (N + 1,), in place of the items' own.
            offsets: (1 or B, N + 1), in place of the items' biases; minus infinity hides an item.
        """
        return {
            "states": states,
            "scales": self.scales if scales is None else scales,
            "offsets": self.biases[None] if offsets is None else offsets,
            "item_ids": np.full((len(states), 1), self.count, np.int64),
            "added": np.zeros((len(states), 1), np.float32),
        }

    def top(self, feeds: Mapping[str, Array], k: int) -> tuple[Array, Array]:
        """The best items of each state.

        Args:
            feeds: from `ranking`, with ``item_ids`` and ``added`` of `encode` where they are known.
            k: how many.

        Returns:
            Scores (B, k) float32, best first, and rows (B, k) int64. A hidden item has minus
            infinity.
        """
        limited = {**feeds, "k": np.array([min(k, self.count)], np.int64)}
        scores, rows = self._ranker.run(["top_scores", "top_rows"], limited)
        return scores, rows

    def scores(self, feeds: Mapping[str, Array]) -> Array:
        """Scores of every item for each state, (B, N + 1) float32."""
        (found,) = self._ranker.run(["scores"], {**feeds, "k": np.array([1], np.int64)})
        return found  # type: ignore[no-any-return]

    def vectors(self, rows: Sequence[int]) -> Array:
        """Vectors of items, (len(rows), H) float32."""
        chosen = list(rows)
        vectors: Array = self._vectors[:, chosen].astype(np.float32) * self.scales[chosen]
        return vectors.T

    @cached_property
    def cosine_scales(self) -> Array:
        """Scales that make the ranker's scores cosines with a state of length 1, (N + 1,)."""
        norms = np.zeros(self.count + 1, np.float32)
        for row in self._vectors:  # one at a time: a large catalogue would not fit as float32
            norms += np.square(row, dtype=np.float32)
        scales: Array = 1 / np.sqrt(np.maximum(norms, 1e-12))
        return scales
