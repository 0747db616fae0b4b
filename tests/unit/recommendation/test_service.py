import shutil
import time

import numpy as np
import pytest

from functions.recommendation.event_requests import EventsRequest
from functions.recommendation.history import UserEvent, get_history_store
from functions.recommendation.item_requests import PopularRequest, SimilarRequest
from functions.recommendation.model import RecommendationModel
from functions.recommendation.responses import EventsResponse, ItemsResponse
from functions.recommendation.schemas import QueueMessage, RecommendationRequest, RerankRequest
from functions.recommendation.service import (
    RecommendationService,
    get_service,
)
from functions.recommendation.wanted import NO_HISTORY, NO_HISTORY_TO_RERANK
from shared.errors import (
    InvalidRequest,
    LimitExceeded,
    ModelAltered,
    NotFound,
    StoreUnavailable,
)
from shared.models.spec import read_spec, write_spec
from shared.settings import get_settings

TEACUPS = [{"item_id": "22697", "event": "purchase"}, {"item_id": "22698"}]


def recommend(request: RecommendationRequest | RerankRequest) -> ItemsResponse:
    (outcome,) = get_service().rank([request])
    if not isinstance(outcome, ItemsResponse):
        raise outcome
    return outcome


def ask(**fields) -> ItemsResponse:
    return recommend(RecommendationRequest(**fields))


def rerank(**fields) -> ItemsResponse:
    return recommend(RerankRequest(**fields))


def ids(answer: ItemsResponse) -> list[str]:
    return [item.item_id for item in answer.items]


def check_order(answer: ItemsResponse) -> None:
    scores = [item.score for item in answer.items]
    assert scores == sorted(scores, reverse=True)
    assert len(set(ids(answer))) == len(answer.items)


@pytest.fixture
def popular(model) -> list[str]:
    order = np.argsort(-model.catalogue.popularity, kind="stable")
    return [model.catalogue.ids[row] for row in order]


def test_a_history_brings_unseen_items_of_the_catalogue_best_first(model):
    answer = ask(history=TEACUPS, k=20)
    assert answer.model == model.spec.identifier
    assert answer.warnings == []
    assert len(answer.items) == 20
    check_order(answer)
    assert not {"22697", "22698"} & set(ids(answer))
    for item in answer.items:
        assert model.catalogue.titles[model.row(item.item_id)] == item.title
        assert item.because is None


def test_another_history_brings_other_items():
    other = [{"item_id": "84879"}, {"item_id": "21212"}]
    assert ids(ask(history=TEACUPS)) != ids(ask(history=other))


def test_the_scores_are_those_of_the_model(service, model):
    answer = ask(history=TEACUPS, k=5, exclude_seen=False)
    again = rerank(history=TEACUPS, item_ids=ids(answer))
    tolerance = model.spec.golden.tolerance
    assert [item.score for item in again.items] == pytest.approx(
        [item.score for item in answer.items], abs=tolerance
    )


def test_an_empty_history_brings_the_popular_with_a_warning(service, popular):
    answer = ask(k=7)
    assert ids(answer) == popular[:7] == ids(service.popular(PopularRequest(k=7)))
    assert answer.warnings == [NO_HISTORY]
    assert service.popular(PopularRequest(k=7)).warnings == []


def test_an_item_that_is_given_twice_is_ranked_once_and_told(popular):
    answer = rerank(item_ids=[*popular[:3], popular[0]], history=TEACUPS)
    assert sorted(ids(answer)) == sorted(popular[:3])
    assert answer.warnings == ["item_ids: 1 are repeated, and ranked once."]


def test_an_unknown_user_is_served_as_one_without_a_history(popular):
    answer = ask(user_id="nobody knows me", k=3)
    assert (ids(answer), answer.warnings) == (popular[:3], [NO_HISTORY])


def test_unknown_items_are_told_and_the_others_are_used():
    mixed = [{"item_id": "NO-SUCH-1"}, *TEACUPS, {"item_id": "NO-SUCH-2"}]
    answer = ask(history=mixed)
    assert ids(answer) == ids(ask(history=TEACUPS))
    (warning,) = answer.warnings
    assert "NO-SUCH-1, NO-SUCH-2" in warning


def test_only_unknown_items_are_no_history(popular):
    answer = ask(history=[{"item_id": "NO-SUCH-1"}], k=3)
    assert ids(answer) == popular[:3]
    assert ["NO-SUCH-1" in answer.warnings[0], answer.warnings[1]] == [True, NO_HISTORY]


def test_what_needs_a_history_is_told_where_there_is_none():
    warnings = ask(diversity=0.5, explain=True).warnings
    assert [warning.split(":")[0] for warning in warnings[1:]] == ["diversity", "explain"]
    assert all(item.because is None for item in ask(explain=True).items)


@pytest.mark.parametrize("history", [[], TEACUPS])
def test_a_filter_is_obeyed(history, model):
    price = model.catalogue.fields["price"]
    answer = ask(
        history=history,
        k=30,
        filter={"and": [{"field": "price", "gte": 2}, {"not": {"field": "price", "gt": 3}}]},
    )
    assert len(answer.items) == 30
    assert all(2 <= price[model.row(item_id)] <= 3 for item_id in ids(answer))
    check_order(answer)


@pytest.mark.parametrize("history", [[], TEACUPS])
@pytest.mark.parametrize("options", [{}, {"diversity": 0.7, "explain": True}])
def test_all_can_be_filtered_away(history, options):
    answer = ask(history=history, filter={"field": "price", "lt": -1}, **options)
    assert answer.items == []
    assert "0 items are left of the 10" in answer.warnings[-1]


@pytest.mark.parametrize("history", [[], TEACUPS])
@pytest.mark.parametrize("diversity", [0.0, 0.5])
def test_k_may_be_larger_than_what_is_left(history, diversity, model):
    dearest = np.sort(model.catalogue.fields["price"])[-4]
    left = int((model.catalogue.fields["price"] >= dearest).sum())
    condition = {"field": "price", "gte": dearest}
    answer = ask(history=history, k=100, filter=condition, diversity=diversity)
    assert len(set(ids(answer))) == len(answer.items) == left
    assert f"{left} items are left of the 100" in answer.warnings[-1]


def test_seen_items_are_shown_on_request(model):
    row = model.row("22697")
    fields = model.catalogue.fields
    alike = {
        "and": [
            {"field": "price", "eq": fields["price"][row]},
            {"field": "popularity", "eq": fields["popularity"][row]},
        ]
    }
    assert "22697" in ids(ask(history=TEACUPS, filter=alike, exclude_seen=False, k=100))
    assert "22697" not in ids(ask(history=TEACUPS, filter=alike, k=100))


def test_seen_counts_what_is_older_than_the_model_looks(model, popular):
    seen = popular[: model.length + 20]
    answer = ask(history=[{"item_id": item_id} for item_id in seen], k=100)
    assert not set(seen) & set(ids(answer))
    (warning,) = answer.warnings
    assert f"newest {model.length}" in warning


def test_each_item_is_explained_by_items_of_the_history():
    for item in ask(history=TEACUPS, explain=True).items:
        assert {cause.item_id for cause in item.because} <= {"22697", "22698"}
        weights = [cause.weight for cause in item.because]
        assert weights == sorted(weights, reverse=True)
        assert all(weight >= 0 for weight in weights)


def test_explaining_does_not_change_the_answer():
    plain, explained = ask(history=TEACUPS), ask(history=TEACUPS, explain=True)
    assert ids(plain) == ids(explained)
    assert "because" not in plain.model_dump()["items"][0]
    assert "because" in explained.model_dump()["items"][0]


def test_diversity_keeps_the_first_and_filters():
    answer = ask(history=TEACUPS, diversity=0.8, filter={"field": "price", "lt": 3})
    plain = ask(history=TEACUPS, filter={"field": "price", "lt": 3})
    assert ids(answer)[0] == ids(plain)[0]
    assert len(set(ids(answer))) == 10


def test_a_list_is_reranked_whole_with_seen_items(model):
    given = ["84879", "22697", "47566", "22699", "20725"]
    answer = rerank(history=TEACUPS, item_ids=given)
    assert sorted(ids(answer)) == sorted(given)
    assert answer.warnings == []
    check_order(answer)
    assert ids(answer) == ids(rerank(history=TEACUPS, item_ids=given[::-1]))


def test_a_third_teacup_comes_before_what_has_nothing_to_do_with_teacups():
    answer = rerank(history=TEACUPS, item_ids=["84879", "47566", "22699", "20725"])
    assert ids(answer)[0] == "22699"


def test_unknown_items_and_duplicates_of_a_list_are_left_out():
    answer = rerank(history=TEACUPS, item_ids=["20725", "NO-1", "84879", "20725", "NO-2", "NO-1"])
    assert sorted(ids(answer)) == ["20725", "84879"]
    warning, repeated = answer.warnings
    assert repeated == "item_ids: 2 are repeated, and ranked once."
    assert warning.endswith("left out: NO-1, NO-2.")


def test_a_list_of_unknown_items_brings_nothing():
    for history in ([], TEACUPS):
        answer = rerank(history=history, item_ids=["NO-1"], explain=True)
        assert answer.items == []
        assert "NO-1" in answer.warnings[0]


def test_a_list_without_a_history_is_ranked_by_popularity(popular):
    answer = rerank(item_ids=[popular[50], popular[3], popular[900]])
    assert ids(answer) == [popular[3], popular[50], popular[900]]
    assert answer.warnings == [NO_HISTORY_TO_RERANK]


def test_the_longest_list_that_is_allowed(popular):
    answer = rerank(history=TEACUPS, item_ids=popular[:1_000], explain=True)
    assert set(ids(answer)) == set(popular[:1_000])
    check_order(answer)


def test_popular_items_are_scored_by_their_number(service, model):
    answer = service.popular(PopularRequest(k=100))
    check_order(answer)
    assert answer.items[0].score == model.catalogue.popularity.max()
    counts = {item.item_id: item.score for item in answer.items}
    assert all(model.catalogue.popularity[model.row(i)] == count for i, count in counts.items())


def test_similar_items_are_ranked_by_the_cosine_without_the_item_itself(service, model):
    row = model.row("22697")
    answer = service.similar(SimilarRequest(item_id="22697", k=100))
    assert "22697" not in ids(answer)
    assert len(answer.items) == 100
    check_order(answer)
    vectors = model.vectors(range(model.count))
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    cosines = unit @ unit[row]
    for item in answer.items:
        assert item.score == pytest.approx(cosines[model.row(item.item_id)], abs=0.02)
    cosines[row] = -np.inf
    assert answer.items[-1].score == pytest.approx(np.sort(cosines)[-100], abs=0.02)


def test_similar_items_of_a_teacup_are_teacups(service):
    titles = [item.title for item in service.similar(SimilarRequest(item_id="22697", k=10)).items]
    assert sum("REGENCY" in title for title in titles) >= 2, titles


@pytest.mark.parametrize("item_id", ["NO-SUCH", "", "[PAD]"])
def test_an_unknown_item_has_no_similar_ones(item_id, service):
    with pytest.raises(NotFound, match="popular"):
        service.similar(SimilarRequest(item_id=item_id, k=5))


def record(*events: dict) -> EventsResponse:
    (answer,) = get_service().answer([QueueMessage.model_validate({"events": list(events)})])
    assert isinstance(answer, EventsResponse)
    return answer


def test_an_event_is_in_the_next_recommendations_history():
    before = ask(user_id="ann", k=5)
    assert before.warnings == [NO_HISTORY]
    shown = ids(before)[0]
    answer = record({"user_id": "ann", "item_id": shown, "event": "cart"})
    assert (answer.recorded, answer.duplicates, answer.warnings) == (1, 0, [])
    after = ask(user_id="ann", k=5, explain=True)
    assert after.warnings == []
    assert shown not in ids(after)
    assert {cause.item_id for item in after.items for cause in item.because} == {shown}
    assert ask(user_id="bob", k=5).warnings == [NO_HISTORY]


def test_a_stored_history_counts_as_one_that_was_sent():
    now = time.time()
    events = [{**event, "timestamp": now - 500 + n} for n, event in enumerate(TEACUPS)]
    record(*({**event, "user_id": "ann"} for event in events))
    stored, sent = ask(user_id="ann"), ask(history=events)
    assert ids(stored) == ids(sent)
    both = ask(user_id="ann", history=[{"item_id": "84879"}])
    assert "84879" not in ids(both)
    assert ids(both) != ids(sent)
    assert ids(both) == ids(ask(history=[*events, {"item_id": "84879"}]))


def test_an_event_sent_twice_is_a_duplicate():
    event = {"user_id": "ann", "item_id": "22697", "timestamp": 1_700_000_000}
    assert (record(event, event).recorded, record(event).duplicates) == (1, 1)
    answer = record(event, {**event, "event": "cart"}, {**event, "event_id": "e"})
    assert (answer.recorded, answer.duplicates) == (2, 1)


def test_events_without_a_time_are_new_and_keep_their_order():
    events = [{"user_id": "ann", "item_id": item_id} for item_id in ("22697", "22698", "22697")]
    before = time.time()
    assert record(*events).recorded == 3
    assert record(*events).recorded == 3
    stored = get_history_store().newest("ann", 10)
    assert [event.item_id for event in stored] == ["22697", "22698", "22697"] * 2
    assert all(before <= event.timestamp <= time.time() + 0.001 for event in stored)


def test_an_event_of_an_unknown_item_is_kept_and_told():
    answer = record({"user_id": "ann", "item_id": "NEW-1"}, {"user_id": "ann", "item_id": "22697"})
    assert answer.recorded == 2
    (warning,) = answer.warnings
    assert "NEW-1" in warning
    assert [event.item_id for event in get_history_store().newest("ann", 9)] == ["NEW-1", "22697"]


def test_too_many_events_are_refused_and_none_is_kept(service):
    event = {"user_id": "ann", "item_id": "22697"}
    with pytest.raises(LimitExceeded):
        service.record(EventsRequest(events=[event] * 501))
    assert get_history_store().newest("ann", 1) == []


def messages(*bodies: dict) -> list[QueueMessage]:
    return [QueueMessage.model_validate(body) for body in bodies]


def test_a_message_is_known_by_its_fields():
    event = {"user_id": "ann", "item_id": "a"}
    found = messages(
        {"event": event}, {"events": [event]}, {"item_ids": ["a"]}, {"history": []}, {}
    )
    assert [type(message.root) for message in found] == [
        EventsRequest,
        EventsRequest,
        RerankRequest,
        RecommendationRequest,
        RecommendationRequest,
    ]
    request = RerankRequest(item_ids=["a"])
    assert QueueMessage(request).root is request


def test_a_bad_message_does_not_hurt_its_neighbours(service):
    good = {"history": TEACUPS, "k": 4}
    ranked = {"history": TEACUPS, "item_ids": ["84879", "22699"]}
    outcomes = service.answer(
        messages(
            good,
            {"history": [{"item_id": "22697"}] * 1_001},
            {"history": TEACUPS, "filter": {"field": "weight", "eq": 1}},
            ranked,
            {"events": [{"user_id": "ann", "item_id": "22697"}] * 501},
            {"item_ids": [f"i{n}" for n in range(1_001)]},
            {"k": 2},
            {"event": {"user_id": "ann", "item_id": "22697"}},
            good,
        )
    )
    kinds = [
        ItemsResponse,
        LimitExceeded,
        InvalidRequest,
        ItemsResponse,
        LimitExceeded,
        LimitExceeded,
        ItemsResponse,
        EventsResponse,
        ItemsResponse,
    ]
    assert [type(outcome) for outcome in outcomes] == kinds
    assert ids(outcomes[0]) == ids(outcomes[8]) == ids(ask(**good))
    assert ids(outcomes[3]) == ids(rerank(**ranked))


def test_events_count_before_the_requests_of_the_same_batch(service):
    asked, _ = service.answer(
        messages({"user_id": "ann"}, {"event": {"user_id": "ann", "item_id": "22697"}})
    )
    assert asked.warnings == []
    assert "22697" not in ids(asked)


def test_requests_together_are_one_run_each_with_its_own_k_and_filter(service, model, monkeypatch):
    runs, encode = [], model.encode
    requests = [
        RecommendationRequest(history=TEACUPS, k=3),
        RecommendationRequest(history=[{"item_id": "84879"}], k=40, diversity=0.5),
        RerankRequest(history=TEACUPS, item_ids=["84879"]),
        RecommendationRequest(k=2),
        RecommendationRequest(history=TEACUPS, k=9, filter={"field": "price", "gt": 5}),
    ]
    alone = [recommend(request) for request in requests]
    monkeypatch.setattr(
        model, "encode", lambda several: runs.append(len(several)) or encode(several)
    )
    outcomes = service.rank(requests)
    assert runs == [4]
    assert [len(outcome.items) for outcome in outcomes] == [3, 40, 1, 2, 9]
    assert [ids(outcome) for outcome in outcomes] == [ids(answer) for answer in alone]


def test_together_each_hides_its_own_items_only(service, model, popular):
    popularity = model.catalogue.fields["popularity"]
    seen, long = popular[:30], popular[: model.length + 30]
    requests = [
        RecommendationRequest(history=[{"item_id": item_id} for item_id in items], **options)
        for items in (seen, long)
        for options in (
            {"k": 100},
            {"k": 100, "exclude_seen": False},
            {"k": 100, "filter": {"field": "popularity", "gte": 500}},
            {"k": 20, "filter": {"field": "popularity", "gte": 500}, "exclude_seen": False},
        )
    ]
    outcomes = service.rank(requests)
    assert [ids(outcome) for outcome in outcomes] == [ids(recommend(one)) for one in requests]
    for request, outcome in zip(requests, outcomes, strict=True):
        had = {event.item_id for event in request.history} & set(ids(outcome))
        assert not (had and request.exclude_seen)
        counts = [popularity[model.row(item_id)] for item_id in ids(outcome)]
        assert request.filter is None or min(counts) >= 500
    shown_again = [set(seen) & set(ids(outcome)) for outcome in outcomes]
    assert any(shown_again[1::2])


def test_more_requests_than_one_run_takes(service, model, monkeypatch):
    monkeypatch.setattr("functions.recommendation.service.MOST_SCORES", 2 * (model.count + 1))
    runs, encode = [], model.encode
    monkeypatch.setattr(
        model, "encode", lambda several: runs.append(len(several)) or encode(several)
    )
    outcomes = service.rank([RecommendationRequest(history=TEACUPS, k=k) for k in (1, 2, 3, 4, 5)])
    assert runs == [2, 2, 1]
    assert [len(outcome.items) for outcome in outcomes] == [1, 2, 3, 4, 5]


def test_no_requests_are_no_outcomes(service):
    assert service.rank([]) == service.answer([]) == []


class AwayStore:
    def record(self, events: list[UserEvent]) -> int:
        raise StoreUnavailable("away")

    def newest(self, user_id: str, count: int) -> list[UserEvent]:
        raise StoreUnavailable("away")


def test_a_store_that_is_away_hurts_only_those_who_need_it(service, monkeypatch):
    monkeypatch.setattr(service, "_store", AwayStore())
    outcomes = service.answer(
        messages(
            {"user_id": "ann"},
            {"history": TEACUPS},
            {"event": {"user_id": "ann", "item_id": "22697"}},
            {"user_id": "ann", "item_ids": ["22697"]},
        )
    )
    kinds = [StoreUnavailable, ItemsResponse, StoreUnavailable, StoreUnavailable]
    assert [type(outcome) for outcome in outcomes] == kinds
    with pytest.raises(StoreUnavailable):
        ask(user_id="ann")


def test_a_user_has_the_newest_events_that_the_model_takes(service, model, monkeypatch):
    asked = []

    class Store(AwayStore):
        def newest(self, user_id: str, count: int) -> list[UserEvent]:
            asked.append((user_id, count))
            return []

    monkeypatch.setattr(service, "_store", Store())
    ask(user_id="ann")
    ask(history=TEACUPS)
    assert asked == [("ann", model.length)]


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(get_settings().model_dir("recommendation"), tmp_path / "model")


def test_a_model_for_another_task_is_refused(folder):
    write_spec(folder, read_spec(folder).model_copy(update={"task": "intent"}))
    with pytest.raises(ModelAltered, match="intent"):
        RecommendationService(RecommendationModel.load(folder), AwayStore())


def test_a_golden_example_that_departs_is_refused(folder):
    spec = read_spec(folder)
    shifted = tuple([[item_id, score + 1.0] for item_id, score in o] for o in spec.golden.outputs)
    golden = spec.golden.model_copy(update={"outputs": shifted})
    write_spec(folder, spec.model_copy(update={"golden": golden}))
    with pytest.raises(ModelAltered, match="golden"):
        RecommendationService(RecommendationModel.load(folder), AwayStore())


def test_a_history_cannot_be_frozen_by_events_of_the_future(service):
    event = {"user_id": "ann", "item_id": "22697", "timestamp": 4_070_908_800}
    with pytest.raises(InvalidRequest, match="later than now"):
        service.record(EventsRequest.model_validate({"event": event}))
