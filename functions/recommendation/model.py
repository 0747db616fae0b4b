"""The served sequence model: an encoder of the history and a ranker of the whole catalogue.

Both graphs read one table of item vectors, int8 with a scale for each item, that they are given
when their sessions are made: the ranker its columns, of which it keeps a packed copy, the encoder
its rows. The ranker's scales and offsets are inputs, so that filters, items already seen, and
cosine instead of inner product need no other graph.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from functions.recommendation.catalogue import CATALOGUE_FILE, NO_EVENTS, Catalogue
from functions.recommendation.together import TOGETHER_FILE, Together
from shared.models.folder import TOKENIZER_FILE
from shared.models.onnx import open_folder
from shared.models.sessions import Session, open_session, run
from shared.models.spec import ModelSpec

ENCODER_FILE = "encoder.onnx"
RANKER_FILE = "ranker.onnx"
TABLES_FILE = "tables.npz"
MODEL_FILES = (ENCODER_FILE, RANKER_FILE, TABLES_FILE, TOKENIZER_FILE, CATALOGUE_FILE)
EVENT_TYPES = ("view", "cart", "purchase")
AGE_BUCKETS = 16
HIDDEN_EVENT = -1e9  # log-weight of padding
MAX_BATCH = 64

# The least age in each bucket but the first: rint(log2(hours)) + 1 is the bucket.
_BUCKET_AGES_S = 3_600 * 2.0 ** (np.arange(1, AGE_BUCKETS) - 1.5)

Array = NDArray[Any]


def age_buckets(ages_s: Array) -> NDArray[np.int64]:
    """Buckets of how long ago something was: 0 within the same visit, then one a doubling.

    About 40 minutes begin bucket 1, a day is in 6, a week in 8, a year in 14.
    """
    return np.searchsorted(_BUCKET_AGES_S, ages_s, side="right")


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
        """The last ``count`` of them."""
        if len(self.items) <= count:
            return self
        return Events(*(column[-count:] for column in self.columns))

    @property
    def columns(self) -> tuple[list[Any], ...]:
        """The attributes, in their order."""
        return self.items, self.kinds, self.ages_s, self.weights


def open_graphs(folder: Path, threads: int) -> tuple[Session, Session, dict[str, Array]]:
    """Encoder, ranker and tables of a folder, whose files are taken as they are.

    The tables, which must live as long as the sessions, are ``items`` (N + 1, H), ``scales``
    (N + 1,) and ``biases`` (N + 1,).
    """
    with np.load(folder / TABLES_FILE) as stored:
        tables = dict(stored)
    ranker = open_session(folder / RANKER_FILE, threads, {"items": tables["items"]})
    tables["items"] = np.ascontiguousarray(tables["items"].T)
    rows = {"item_rows": tables["items"], "row_scales": tables["scales"][:, None]}
    return open_session(folder / ENCODER_FILE, threads, shared=rows), ranker, tables


def _grid(columns: Sequence[list[Any]], width: int, padding: float, kind: type) -> Array:
    """Lists of unlike lengths as rows, padded on the left, (B, T)."""
    return np.array([[padding] * (width - len(column)) + column for column in columns], kind)


class RecommendationModel:
    """A verified model folder, ready to rank.

    Attributes:
        spec: the folder's ``spec.json``.
        catalogue: titles and fields of its items.
        length: most events that it looks at.
        row: of an item in the catalogue, by its id; None where it is not in it.
        knows_events: whether there were any when it was made.
        warnings: of every answer, where the model knows less than others.
    """

    def __init__(
        self,
        spec: ModelSpec,
        catalogue: Catalogue,
        vocabulary: Mapping[str, int],
        graphs: tuple[Session, Session, Mapping[str, Array]],
        together: Path | None = None,
    ) -> None:
        self.spec, self.catalogue, self._together = spec, catalogue, together
        self._encoder, self._ranker, tables = graphs
        self._vectors, self.scales, self.biases = (
            tables[name] for name in ("items", "scales", "biases")
        )  # (N + 1, H), (N + 1,), (N + 1,)
        self.length = spec.limits["history"]
        self.count = len(catalogue)
        self.row: Callable[[str], int | None] = vocabulary.get
        self.knows_events = bool(catalogue.known.any())
        self.warnings = [] if self.knows_events else [NO_EVENTS]
        self._typed = "event_ids" in {given.name for given in self._encoder.get_inputs()}

    @classmethod
    def load(cls, folder: Path, threads: int = 1) -> Self:
        """Verify every file of ``folder`` and open it.

        Raises:
            ModelMissing: the folder or a file is not there.
            ModelAltered: a file is not what ``spec.json`` states.
        """
        spec, files = open_folder(folder, threads)
        catalogue = Catalogue.load(folder / CATALOGUE_FILE)
        vocabulary = files.tokenizer().get_vocab()
        rows = {item_id: row for item_id, row in vocabulary.items() if row < len(catalogue)}
        together = folder / TOGETHER_FILE if TOGETHER_FILE in spec.files else None
        return cls(spec, catalogue, rows, open_graphs(folder, threads), together)

    @cached_property
    def together(self) -> Together | None:
        """What is bought together, read when it is asked for; None where the folder lacks it."""
        return None if self._together is None else Together.load(self._together)

    def encode(self, histories: Sequence[Events]) -> tuple[Array, Array, Array]:
        """States of shoppers, and what each event adds to its own item.

        Args:
            histories: B of them, none empty; only the newest `length` events count.

        Returns:
            (B, H) float32, (B, T) int64 rows padded with N, and (B, T) float32.

        Raises:
            DeadlineNear: the function is about to be stopped.
        """
        cut = [events.newest(self.length) for events in histories]
        width = max(len(events.items) for events in cut)
        items = _grid([events.items for events in cut], width, self.count, np.int64)
        log_weights = np.log(_grid([events.weights for events in cut], width, 1.0, np.float32))
        if any(len(events.items) < width for events in cut):
            log_weights[items == self.count] = HIDDEN_EVENT
        feeds = {
            "item_ids": items,
            "ages": age_buckets(_grid([events.ages_s for events in cut], width, 0.0, np.float64)),
            "log_weights": log_weights,
        }
        if self._typed:
            feeds["event_ids"] = _grid([events.kinds for events in cut], width, 0, np.int64)
        states, added = run(self._encoder, ["states", "added"], feeds)
        return states, items, added

    def ranking(
        self,
        states: Array,
        scales: Array | None = None,
        offsets: Array | None = None,
        events: tuple[Array, Array] | None = None,
    ) -> dict[str, Array]:
        """Inputs of the ranker.

        Args:
            states: (B, H) float32.
            scales: (N + 1,), in place of the items' own.
            offsets: (1 or B, N + 1), in place of the items' biases; minus infinity hides an item.
            events: rows and what each adds to its own item, from `encode`; none if absent.
        """
        items, added = events or self._nothing_added(len(states))
        return {
            "states": states,
            "scales": self.scales if scales is None else scales,
            "offsets": self.biases[None] if offsets is None else offsets,
            "item_ids": items,
            "added": added,
        }

    def _nothing_added(self, count: int) -> tuple[Array, Array]:
        return np.full((count, 1), self.count, np.int64), np.zeros((count, 1), np.float32)

    def top(self, feeds: Mapping[str, Array], k: int) -> tuple[Array, Array]:
        """The best items of each state.

        Args:
            feeds: from `ranking`.
            k: how many.

        Returns:
            Scores (B, k) float32, best first, and rows (B, k) int64. A hidden item has minus
            infinity.

        Raises:
            DeadlineNear: the function is about to be stopped.
        """
        limited = {**feeds, "k": np.array([min(k, self.count)], np.int64)}
        scores, rows = run(self._ranker, ["top_scores", "top_rows"], limited)
        return scores, rows

    def top_of_all(self, feeds: Mapping[str, Array], k: int) -> tuple[Array, Array, Array]:
        """The same as `top`, and the scores of every item, (B, N + 1) float32."""
        limited = {**feeds, "k": np.array([min(k, self.count)], np.int64)}
        scores, rows, every = run(self._ranker, ["top_scores", "top_rows", "scores"], limited)
        return scores, rows, every

    def scores(self, feeds: Mapping[str, Array]) -> Array:
        """Scores of every item for each state, (B, N + 1) float32.

        Raises:
            DeadlineNear: the function is about to be stopped.
        """
        (found,) = run(self._ranker, ["scores"], {**feeds, "k": np.array([1], np.int64)})
        return found

    def vectors(self, rows: Sequence[int]) -> Array:
        """Vectors of items, (len(rows), H) float32."""
        chosen = list(rows)
        return np.asarray(self._vectors[chosen] * self.scales[chosen, None])

    @cached_property
    def cosine_scales(self) -> Array:
        """Scales that make the ranker's scores cosines with a state of length 1, (N + 1,)."""
        # Not by a product of float32: a large catalogue would not fit.
        norms = np.einsum("nh,nh->n", self._vectors, self._vectors, dtype=np.float32)
        return np.asarray(1 / np.sqrt(np.maximum(norms, 1e-12)))
