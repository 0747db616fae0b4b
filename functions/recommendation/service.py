"""The work of the recommendation service: requests in, responses out; no AWS, no HTTP."""

import time
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from functions.recommendation.history import (
    HistoryStore,
    UserEvent,
    get_history_store,
    user_events,
)
from functions.recommendation.limits import (
    check_events,
    check_history,
    check_reranked,
    check_times,
    warn_of_old,
)
from functions.recommendation.model import MAX_BATCH, Events, RecommendationModel
from functions.recommendation.ranking import (
    Personal,
    Ranked,
    Wanted,
    rank_known,
    rank_popular,
    rank_similar,
    wanted_of,
)
from functions.recommendation.responses import (
    ErasureResponse,
    EventsResponse,
    ItemsResponse,
    KeptEvent,
    ShopperResponse,
    items_response,
)
from functions.recommendation.schemas import (
    ErasureRequest,
    EventsRequest,
    PopularRequest,
    QueueMessage,
    RerankRequest,
    ShopperRequest,
    SimilarRequest,
)
from functions.recommendation.shopper import not_in_catalogue, shopper_of
from functions.recommendation.weighting import Weighting
from shared.errors import ModelAltered, NotFound, ServiceError
from shared.models.pins import check_pinned
from shared.models.store import local_folder
from shared.process.telemetry import note, span
from shared.settings import get_settings

TASK = "recommendation"
MOST_SCORES = 4_000_000  # of one run: more requests are ranked one after the other

Outcome = ItemsResponse | EventsResponse | ServiceError


class RecommendationService:
    """Ranking by one model, for shoppers whose events one store keeps.

    Args:
        model: a model whose spec has the task ``recommendation``.
        store: of users' events.

    Raises:
        ModelAltered: the spec is for another task, or the golden example does not come out.
    """

    def __init__(self, model: RecommendationModel, store: HistoryStore) -> None:
        if model.spec.task != TASK:
            raise ModelAltered(
                f"{model.spec.identifier} is a model for {model.spec.task}, not {TASK}."
            )
        check_pinned(TASK, [model.spec])
        self._model, self._store = model, store
        self._weighting = Weighting(model.spec)
        self._warm_up()

    def _warm_up(self) -> None:
        """Run the first golden example: warms the sessions and proves their arithmetic."""
        golden = self._model.spec.golden
        states, items, added = self._model.encode([Events(*golden.inputs[0])])
        feeds = self._model.ranking(states, events=(items, added))
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
            InvalidRequest: one is of the future.
            StoreUnavailable: the store does not answer; sending all again does no harm where
                they have timestamps.
        """
        check_events(request)
        now_s = time.time()
        check_times(request, now_s)
        events = user_events(request, now_s)
        note(events=len(events))
        ids = dict.fromkeys(event.item_id for event in events)
        unknown = [item_id for item_id in ids if self._model.row(item_id) is None]
        warnings = warn_of_old(request, now_s)
        if unknown:
            warnings.append(not_in_catalogue("events", unknown, "kept, but not used by this model"))
        with span("history"):
            recorded = self._store.record(events)
        duplicates = len(events) - recorded
        return EventsResponse(recorded=recorded, duplicates=duplicates, warnings=warnings)

    def shopper(self, request: ShopperRequest) -> ShopperResponse:
        """All that is kept of a shopper, a page at a time.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        with span("history"):
            events, last = self._store.page(request.user_id, request.limit, request.before)
        kept = [KeptEvent(item_id=e.item_id, event=e.event, timestamp=e.timestamp) for e in events]
        return ShopperResponse(user_id=request.user_id, events=kept, next=last)

    def erase(self, request: ErasureRequest) -> ErasureResponse:
        """Delete all that is kept of a shopper.

        Raises:
            DeadlineNear: some is left; sending the request again goes on.
            StoreUnavailable: the store does not answer; likewise.
        """
        with span("history"):
            return ErasureResponse(erased=self._store.erase(request.user_id))

    def rank(self, requests: Sequence[Personal]) -> list[Outcome]:
        """Answer requests of shoppers, with as few model runs as the catalogue's size allows.

        Returns:
            Per request, in order, its response or the error that it alone met.
        """
        prepared = [self._prepare(request) for request in requests]
        chunk = max(1, min(MAX_BATCH, MOST_SCORES // (self._model.count + 1)))
        known = [wanted for wanted in prepared if isinstance(wanted, Wanted) and wanted.known]
        ranked: list[Ranked] = []
        for start in range(0, len(known), chunk):
            ranked += rank_known(self._model, known[start : start + chunk])
        found = iter(ranked)
        outcomes: list[Outcome] = []
        for wanted in prepared:
            if isinstance(wanted, ServiceError):
                outcomes.append(wanted)
            else:
                best = next(found) if wanted.known else self._rank_unknown(wanted)
                outcomes.append(self._answer(wanted, best))
        return outcomes

    def _prepare(self, request: Personal) -> Wanted | ServiceError:
        try:
            check_history(request)
            if isinstance(request, RerankRequest):
                check_reranked(request)
            stored: list[UserEvent] = []
            if request.user_id is not None:
                with span("history"):
                    stored = self._store.newest(request.user_id, self._model.length)
            shopper = shopper_of(stored, request.history, self._model, self._weighting, time.time())
            return wanted_of(request, shopper, self._model)
        except ServiceError as error:
            return error

    def _rank_unknown(self, wanted: Wanted) -> Ranked:
        """The most popular items, for a shopper of whom nothing is known."""
        ranked = rank_popular(self._model, wanted.k, wanted)
        ranked.warnings.append(wanted.no_history)
        if wanted.diversity:
            ranked.warnings.append("diversity: not used without a history.")
        if wanted.request.explain:
            ranked.warnings.append("explain: without a history there is nothing to name.")
        return ranked

    def _answer(self, wanted: Wanted, ranked: Ranked) -> ItemsResponse:
        warnings = [*wanted.warnings, *ranked.warnings]
        if len(ranked.rows) < wanted.k:
            warnings.append(
                f"{len(ranked.rows)} items are left of the {wanted.k} asked for: the others are "
                "filtered out or seen already."
            )
        return items_response(self._model, ranked, warnings)

    def popular(self, request: PopularRequest) -> ItemsResponse:
        """The items with most events in the training data; the score is their number."""
        return items_response(self._model, rank_popular(self._model, request.k), [])

    def similar(self, request: SimilarRequest) -> ItemsResponse:
        """Items whose vectors point the same way; the score is the cosine.

        Raises:
            NotFound: the item is not in the catalogue.
        """
        row = self._model.row(request.item_id)
        if row is None:
            raise NotFound("No such item in the catalogue; GET /v1/items/popular lists some.")
        return items_response(self._model, rank_similar(self._model, row, request.k), [])


@lru_cache(maxsize=1)
def get_service() -> RecommendationService:
    """The service over the model and the store that the settings name, loaded once per process.

    Raises:
        ModelError: the model cannot be served; the next call tries again.
        StoreUnavailable: the model cannot be fetched now, or the store not be opened.
    """
    settings = get_settings()
    folder = local_folder(settings.model_location(TASK))
    model = RecommendationModel.load(folder, settings.intra_op_threads)
    return RecommendationService(model, get_history_store())
