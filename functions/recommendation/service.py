"""The work of the recommendation service: requests in, responses out; no AWS, no HTTP."""

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from functions.recommendation.answering import items_response, too_few
from functions.recommendation.catalogue import Catalogue
from functions.recommendation.event_requests import EventsRequest
from functions.recommendation.history import HistoryStore, get_history_store
from functions.recommendation.item_fields import read_item, write_items
from functions.recommendation.item_requests import (
    BasketRequest,
    ItemRequest,
    ItemsRequest,
    ItemUpdate,
    PopularRequest,
    SimilarRequest,
    TrendingRequest,
)
from functions.recommendation.limits import check_history, check_reranked
from functions.recommendation.live import LiveCatalogue
from functions.recommendation.model import MAX_BATCH, Events, RecommendationModel
from functions.recommendation.popularity import Popularity
from functions.recommendation.ranking import rank_known, rank_popular, rank_similar
from functions.recommendation.recording import record
from functions.recommendation.responses import (
    ErasureResponse,
    EventsResponse,
    ItemResponse,
    ItemsResponse,
    ShopperResponse,
    TrendingResponse,
    WrittenResponse,
)
from functions.recommendation.schemas import (
    ErasureRequest,
    QueueMessage,
    RerankRequest,
    ShopperErasure,
    ShopperRequest,
)
from functions.recommendation.shopper import shopper_of
from functions.recommendation.shoppers import erase_shopper, read_shopper, stored_events
from functions.recommendation.suggesting import answer_together, answer_trending
from functions.recommendation.trending import Trending
from functions.recommendation.wanted import Personal, Ranked, Wanted, wanted_of
from functions.recommendation.weighting import Weighting
from shared.errors import ModelAltered, NotFound, ServiceError
from shared.models.pins import check_pinned
from shared.models.store import local_folder
from shared.operations import each
from shared.settings import get_settings

TASK = "recommendation"
MOST_SCORES = 4_000_000  # of one run: more requests are ranked one after the other

Outcome = ItemsResponse | EventsResponse | WrittenResponse | ServiceError


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
        self._live = LiveCatalogue(model)
        self._trending = Trending(model, self._weighting.by_kind)
        self._popularity = Popularity(model, self._trending, store)
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

    @property
    def live(self) -> LiveCatalogue:
        """Its catalogue as it is now."""
        return self._live

    @property
    def popularity(self) -> Popularity:
        """Of its items, as it is now."""
        return self._popularity

    def answer(self, requests: Sequence[QueueMessage]) -> list[Outcome]:
        """Answer messages of all kinds, what is to be remembered first.

        Returns:
            Per message, in order, its response or the error that it alone met.
        """
        kinds: tuple[tuple[type, Callable[[Any], Outcome]], ...] = (
            (EventsRequest, self.record),
            (ItemsRequest, self.write),
            (BasketRequest, self.together),
        )
        messages: dict[int, Any] = {n: message.root for n, message in enumerate(requests)}
        outcomes: dict[int, Any] = {}
        for kind, method in kinds:
            several = {n: it for n, it in messages.items() if isinstance(it, kind)}
            answers = each(lambda answer, it: answer(it))(method, list(several.values()))
            outcomes |= dict(zip(several, answers, strict=True))
        personal = {n: it for n, it in messages.items() if n not in outcomes}
        outcomes |= dict(zip(personal, self.rank(list(personal.values())), strict=True))
        return [outcomes[index] for index in range(len(requests))]

    def record(self, request: EventsRequest) -> EventsResponse:
        """Keep events for the recommendations that follow; see `record`."""
        return record(request, self._store, self._model, self._trending)

    def write(self, request: ItemsRequest) -> WrittenResponse:
        """Write fields of many items; see `write_items`."""
        pointers = [f"/items/{place}/fields" for place in range(len(request.items))]
        return write_items(request.items, pointers, self._model, self._live)

    def write_one(self, request: ItemUpdate) -> WrittenResponse:
        """Write fields of one item; see `write_items`."""
        return write_items([request], ["/fields"], self._model, self._live)

    def item(self, request: ItemRequest) -> ItemResponse:
        """All that is known of an item; see `read_item`."""
        return read_item(request.item_id, self._model, self._live)

    def shopper(self, request: ShopperRequest) -> ShopperResponse:
        """All that is kept of a shopper; see `read_shopper`."""
        return read_shopper(request, self._store)

    def erase(self, request: ErasureRequest | ShopperErasure) -> ErasureResponse:
        """Delete all that is kept of a shopper; see `erase_shopper`."""
        return erase_shopper(request, self._store)

    def rank(self, requests: Sequence[Personal]) -> list[Outcome]:
        """Answer requests of shoppers, with as few model runs as the catalogue's size allows.

        Returns:
            Per request, in order, its response or the error that it alone met.
        """
        if not requests:
            return []
        catalogue, warnings = self._live.now()
        prepared = [self._prepare(request, catalogue, warnings) for request in requests]
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
                best = next(found) if wanted.known else self._popularity.rank(wanted)
                outcomes.append(self._answer(wanted, best))
        return outcomes

    def _prepare(
        self, request: Personal, catalogue: Catalogue, warnings: Sequence[str]
    ) -> Wanted | ServiceError:
        try:
            check_history(request)
            if isinstance(request, RerankRequest):
                check_reranked(request)
            stored = stored_events(request, self._store, self._model.length)
            shopper = shopper_of(stored, request.history, self._model, self._weighting, time.time())
            wanted = wanted_of(request, shopper, self._model, catalogue)
        except ServiceError as error:
            return error
        wanted.warnings = [*wanted.warnings, *warnings]
        return wanted

    def _answer(self, wanted: Wanted, ranked: Ranked) -> ItemsResponse:
        warnings = [*wanted.warnings, *ranked.warnings, *too_few(ranked, wanted.k)]
        return items_response(self._model, ranked, warnings, wanted.steering)

    def popular(self, request: PopularRequest) -> ItemsResponse:
        """The items with most events, of the training data if it had any; see `Popularity`."""
        catalogue, warnings = self._live.now()
        catalogue, unknown = self._popularity.of(catalogue)
        ranked = rank_popular(request.k, catalogue)
        return items_response(self._model, ranked, [*warnings, *unknown])

    def similar(self, request: SimilarRequest) -> ItemsResponse:
        """Items whose vectors point the same way; the score is the cosine.

        Raises:
            NotFound: the item is not in the catalogue.
        """
        row = self._model.row(request.item_id)
        if row is None:
            raise NotFound("No such item in the catalogue; GET /v1/items/popular lists some.")
        catalogue, warnings = self._live.now()
        ranked = rank_similar(self._model, row, request.k, catalogue)
        return items_response(self._model, ranked, warnings)

    def trending(self, request: TrendingRequest) -> TrendingResponse:
        """Items with most events of late; see `answer_trending`."""
        return answer_trending(request, self._store, self._trending, self._model, self._live)

    def together(self, request: BasketRequest) -> ItemsResponse:
        """What is bought together with a basket; see `answer_together`."""
        return answer_together(request, self._model, self._live)


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
