"""The work of the recommendation service: requests in, responses out; no AWS, no HTTP."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from functions.recommendation.diversity import candidates, diversify
from functions.recommendation.explanation import because
from functions.recommendation.filters import mask_of
from functions.recommendation.history import HistoryStore, UserEvent, get_history_store
from functions.recommendation.limits import check_events, check_history, check_reranked
from functions.recommendation.model import MAX_BATCH, Array, Events, RecommendationModel
from functions.recommendation.schemas import (
    Because,
    EventsRequest,
    EventsResponse,
    ItemsResponse,
    QueueMessage,
    RecommendationRequest,
    RecommendedItem,
    RerankRequest,
)
from functions.recommendation.shopper import Shopper, not_in_catalogue, shopper_of
from functions.recommendation.weighting import Weighting
from shared.errors import ModelAltered, NotFound, ServiceError
from shared.model_store import local_folder
from shared.settings import get_settings
from shared.telemetry import note, span

SERVICE = "recommendation"
DIGITS = 4  # of a score
MOST_SCORES = 4_000_000  # of one run: more requests are ranked one after the other
NO_HISTORY = "No event of an item in the catalogue is known: the most popular items are shown."

Outcome = ItemsResponse | EventsResponse | ServiceError
Personal = RecommendationRequest | RerankRequest


@dataclass
class _Ranked:
    """What one request comes to: rows of the catalogue with their scores, best first."""

    rows: list[int]
    scores: list[float]
    reasons: list[list[tuple[int, float]]] | None = None
    warnings: list[str] = field(default_factory=list)


class RecommendationService:
    """Ranking by one model, for shoppers whose events one store keeps.

    Args:
        model: a model whose spec has the task ``recommendation``.
        store: of users' events.

    Raises:
        ModelAltered: the spec is for another task, or the golden example does not come out.
    """

    def __init__(self, model: RecommendationModel, store: HistoryStore) -> None:
        if model.spec.task != SERVICE:
            raise ModelAltered(
                f"{model.spec.identifier} is a model for {model.spec.task}, not {SERVICE}."
            )
        self._model, self._store = model, store
        self._weighting = Weighting(model.spec)
        self._warm_up()

    def _warm_up(self) -> None:
        """Run the first golden example: warms the sessions and proves their arithmetic."""
        golden = self._model.spec.golden
        states, items, added = self._model.encode([Events(*golden.inputs[0])])
        feeds = self._model.ranking(states) | {"item_ids": items, "added": added}
        expected = np.array([score for _, score in golden.outputs[0]])
        scores, _ = self._model.top(feeds, len(expected))
        error = float(np.abs(scores[0] - expected).max())
        if not error <= golden.tolerance:
            raise ModelAltered(
                f"{self._model.spec.identifier}: the golden example departs by {error:.4f} from "
                f"spec.json (at most {golden.tolerance}). This processor or build of onnxruntime "
                "computes other scores than the one that exported the model: export it again."
            )

    @property
    def model(self) -> RecommendationModel:
        """The model that is served."""
        return self._model

    def answer(self, requests: Sequence[QueueMessage]) -> list[Outcome]:
        """Answer messages of all kinds, events first, so that they are in the histories.

        Returns:
            Per message, in order, its response or the error that it alone met.
        """
        outcomes: dict[int, Outcome] = {}
        personal: dict[int, Personal] = {}
        for index, message in enumerate(requests):
            if isinstance(message.root, EventsRequest):
                try:
                    outcomes[index] = self.record(message.root)
                except ServiceError as error:
                    outcomes[index] = error
            else:
                personal[index] = message.root
        outcomes |= zip(personal, self.rank(list(personal.values())), strict=True)
        return [outcomes[index] for index in range(len(requests))]

    def record(self, request: EventsRequest) -> EventsResponse:
        """Keep events for the recommendations that follow.

        Raises:
            LimitExceeded: there are too many.
            StoreUnavailable: the store does not answer; sending all again does no harm where
                they have timestamps.
        """
        check_events(request)
        now = time.time() if request.sent_at is None else request.sent_at
        given = request.all_events
        note(events=len(given))
        events = [
            UserEvent(
                e.user_id,
                e.item_id,
                e.event,
                # Without a time, events of one request stay in their order and apart; those of
                # a message have its time, so that another delivery of it is the same events.
                now + place * 1e-5 if e.timestamp is None else e.timestamp,
                e.event_id or "",
            )
            for place, e in enumerate(given)
        ]
        unknown = list(
            dict.fromkeys(e.item_id for e in given if self._model.row(e.item_id) is None)
        )
        with span("history"):
            recorded = self._store.record(events)
        return EventsResponse(
            recorded=recorded,
            duplicates=len(events) - recorded,
            warnings=[not_in_catalogue("events", unknown, "kept, but not used by this model")]
            if unknown
            else [],
        )

    def rank(self, requests: Sequence[Personal]) -> list[Outcome]:
        """Answer requests of shoppers, with as few model runs as the catalogue's size allows.

        Returns:
            Per request, in order, its response or the error that it alone met.
        """
        prepared = [self._prepare(request) for request in requests]
        outcomes: list[Outcome] = []
        chunk = max(1, min(MAX_BATCH, MOST_SCORES // (self._model.count + 1)))
        known = [i for i, item in enumerate(prepared) if isinstance(item, _Work) and item.known]
        for start in range(0, len(known), chunk):
            self._rank_known([prepared[i] for i in known[start : start + chunk]])  # type: ignore[misc]
        for item in prepared:
            if isinstance(item, ServiceError):
                outcomes.append(item)
            else:
                if item.ranked is None:
                    item.ranked = self._rank_unknown(item)
                outcomes.append(self._respond(item))
        return outcomes

    def _prepare(self, request: Personal) -> "_Work | ServiceError":
        try:
            check_history(request)
            if isinstance(request, RerankRequest):
                check_reranked(request)
            stored: list[UserEvent] = []
            if request.user_id is not None:
                with span("history"):
                    stored = self._store.newest(request.user_id, self._model.length)
            shopper = shopper_of(stored, request.history, self._model, self._weighting, time.time())
            return self._work(request, shopper)
        except ServiceError as error:
            return error

    def _work(self, request: Personal, shopper: Shopper) -> "_Work":
        count = self._model.count
        hidden = np.zeros(count, bool)
        warnings = list(shopper.warnings)
        if isinstance(request, RerankRequest):
            rows = {item_id: self._model.row(item_id) for item_id in request.item_ids}
            missing = [item_id for item_id, row in rows.items() if row is None]
            if missing:
                warnings.append(not_in_catalogue("item_ids", missing, "left out"))
            wanted = [row for row in rows.values() if row is not None]
            hidden[:] = True
            hidden[wanted] = False
            return _Work(request, shopper, hidden, len(wanted), warnings)
        if request.filter is not None:
            hidden |= ~mask_of(request.filter, self._model.catalogue)
        if request.exclude_seen:
            hidden[shopper.events.items] = True
        return _Work(request, shopper, hidden, request.k, warnings)

    def _rank_known(self, work: Sequence["_Work"]) -> None:
        """Rank for shoppers with events, in one run."""
        model = self._model
        with span("infer"):
            states, items, added = model.encode([item.shopper.events for item in work])
            offsets = np.repeat(model.biases[None], len(work), axis=0)  # (B, N + 1)
            for row, item in enumerate(work):
                offsets[row, :-1][item.hidden] = -np.inf
            feeds = model.ranking(states, offsets=offsets) | {"item_ids": items, "added": added}
            widest = max(item.candidates for item in work)
            scores, rows = model.top(feeds, widest)
        for item, values, found in zip(work, scores, rows, strict=True):
            item.ranked = self._choose(item, values, found)

    def _choose(self, item: "_Work", scores: Array, rows: Array) -> _Ranked:
        shown = np.isfinite(scores)
        scores, rows = scores[shown][: item.candidates], rows[shown][: item.candidates]
        if item.diversity and len(rows):
            vectors = self._model.vectors(rows.tolist())
            places = diversify(scores, vectors, item.k, item.diversity)
            scores, rows = scores[places], rows[places]
        ranked = _Ranked(rows[: item.k].tolist(), scores[: item.k].tolist())
        if item.request.explain and ranked.rows:
            with span("explain"):
                ranked.reasons = because(self._model, item.shopper.events, ranked.rows)
        return ranked

    def _rank_unknown(self, item: "_Work") -> _Ranked:
        """The most popular items, for a shopper of whom nothing is known."""
        ranked = self._popular(item.k, item.hidden)
        ranked.warnings.append(NO_HISTORY)
        if isinstance(item.request, RecommendationRequest) and item.request.diversity:
            ranked.warnings.append("diversity: not used without a history.")
        if item.request.explain:
            ranked.warnings.append("explain: without a history there is nothing to name.")
        return ranked

    def _popular(self, k: int, hidden: Array | None = None) -> _Ranked:
        popularity = self._model.catalogue.popularity
        values = popularity if hidden is None else np.where(hidden, -np.inf, popularity)
        rows = np.argsort(-values, kind="stable")[:k]
        rows = rows[np.isfinite(values[rows])]
        return _Ranked(rows.tolist(), popularity[rows].tolist())

    def _respond(self, item: "_Work") -> ItemsResponse:
        assert item.ranked is not None
        warnings = [*item.warnings, *item.ranked.warnings]
        if len(item.ranked.rows) < item.k:
            warnings.append(
                f"{len(item.ranked.rows)} items are left of the {item.k} asked for: the others are "
                "filtered out or seen already."
            )
        return self._response(item.ranked, warnings)

    def _response(self, ranked: _Ranked, warnings: list[str]) -> ItemsResponse:
        catalogue = self._model.catalogue
        items = [
            RecommendedItem(
                item_id=catalogue.ids[row], title=catalogue.titles[row], score=round(score, DIGITS)
            )
            for row, score in zip(ranked.rows, ranked.scores, strict=True)
        ]
        for item, reasons in zip(items, ranked.reasons or [], strict=False):
            item.because = [
                Because(item_id=catalogue.ids[row], weight=round(weight, DIGITS))
                for row, weight in reasons
            ]
        model = self._model.spec.identifier
        note(model, shown=len(items))
        return ItemsResponse(model=model, items=items, warnings=warnings)

    def popular(self, k: int) -> ItemsResponse:
        """The items with most events in the training data; the score is their number."""
        return self._response(self._popular(k), [])

    def similar(self, item_id: str, k: int) -> ItemsResponse:
        """Items whose vectors point the same way; the score is the cosine.

        Raises:
            NotFound: the item is not in the catalogue.
        """
        model = self._model
        row = model.row(item_id)
        if row is None:
            raise NotFound("No such item in the catalogue; GET /v1/items/popular lists some.")
        vector = model.vectors([row])  # (1, H)
        offsets = np.zeros((1, model.count + 1), np.float32)
        offsets[0, [row, model.count]] = -np.inf
        unit = vector / max(float(np.linalg.norm(vector)), 1e-9)
        with span("infer"):
            feeds = model.ranking(unit, scales=model.cosine_scales, offsets=offsets)
            scores, rows = model.top(feeds, min(k, model.count - 1))
        return self._response(_Ranked(rows[0].tolist(), scores[0].tolist()), [])


@dataclass
class _Work:
    """One request that passed its checks.

    Attributes:
        hidden: (N,) bool, items that are not to be shown.
        k: how many are.
    """

    request: Personal
    shopper: Shopper
    hidden: Array
    k: int
    warnings: list[str]
    ranked: _Ranked | None = None

    @property
    def known(self) -> bool:
        return bool(self.shopper.events.items)

    @property
    def diversity(self) -> float:
        request = self.request
        return request.diversity if isinstance(request, RecommendationRequest) else 0.0

    @property
    def candidates(self) -> int:
        """Items to rank, of which ``k`` are shown."""
        return candidates(self.k) if self.diversity else self.k


@lru_cache(maxsize=1)
def get_service() -> RecommendationService:
    """The service over the model and the store that the settings name, loaded once per process.

    Raises:
        ModelError: the model cannot be served; the next call tries again.
        StoreUnavailable: the model cannot be fetched now, or the store not be opened.
    """
    settings = get_settings()
    folder = local_folder(settings.model_location(SERVICE))
    model = RecommendationModel.load(folder, settings.intra_op_threads)
    return RecommendationService(model, get_history_store())


def answer_messages(requests: Sequence[QueueMessage]) -> list[Outcome]:
    """Outcomes of several messages, in order."""
    return get_service().answer(requests)


def _only(outcome: Outcome) -> ItemsResponse | EventsResponse:
    if isinstance(outcome, ServiceError):
        raise outcome
    return outcome


def answer_message(request: QueueMessage) -> ItemsResponse | EventsResponse:
    """The response to one message.

    Raises:
        ServiceError: it passes a limit, or the model or the store cannot be used.
    """
    (outcome,) = answer_messages([request])
    return _only(outcome)


def recommend(request: Personal) -> ItemsResponse:
    """The response to one shopper's request.

    Raises:
        ServiceError: it passes a limit, or the model or the store cannot be used.
    """
    (outcome,) = get_service().rank([request])
    found = _only(outcome)
    assert isinstance(found, ItemsResponse)
    return found
