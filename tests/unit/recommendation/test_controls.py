"""Controls in the request, on the real model and on a small catalogue."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.conditions import Condition
from functions.recommendation.controls import Controlled
from functions.recommendation.placing import LOOKED_UP, SORTED_WHOLE, arrange, candidates_of
from functions.recommendation.plans import plan_of
from functions.recommendation.responses import ItemsResponse
from functions.recommendation.schemas import RecommendationRequest
from functions.recommendation.service import get_service
from functions.recommendation.steering import steering_of
from shared.errors import InvalidRequest

TEACUPS = [{"item_id": "22697", "event": "purchase"}, {"item_id": "22698"}]
CHEAP = {"field": "price", "lte": 0.5}
DEAR = {"field": "price", "gte": 10}


def ask(**fields) -> ItemsResponse:
    (outcome,) = get_service().rank([RecommendationRequest(**({"history": TEACUPS} | fields))])
    if not isinstance(outcome, ItemsResponse):
        raise outcome
    return outcome


def ids(answer) -> list[str]:
    return [item.item_id for item in answer.items]


def price(model, item_id: str) -> float:
    return float(model.catalogue.fields["price"][model.row(item_id)])


def test_without_controls_nothing_is_said_of_any():
    assert ask().controls is None
    assert "controls" not in ask().model_dump(mode="json")


def test_a_promotion_has_its_share_and_says_what_it_did(model):
    plain, answer = ask(k=10), ask(k=10, promotions=[{"filter": DEAR, "share": 0.3, "name": "new"}])
    dear = [item for item in answer.items if price(model, item.item_id) >= 10]
    already = [item_id for item_id in ids(plain) if price(model, item_id) >= 10]
    assert len(dear) == 3 > len(already)
    (effect,) = answer.controls.promotions
    assert (effect.name, effect.places, effect.already) == ("new", 3, len(already))
    assert effect.added == 3 - len(already)
    assert effect.items == int((model.catalogue.fields["price"] >= 10).sum())
    added = [item for item in answer.items if item.promotion == "new"]
    assert len(added) == effect.added
    assert not {item.item_id for item in added} & set(ids(plain))
    scores = [item.score for item in added]
    assert scores == sorted(scores, reverse=True)
    others = [item_id for item_id in ids(answer) if item_id in ids(plain)]
    assert others == ids(plain)[: len(others)]  # the worst gave way, the rest kept its order


def test_the_best_of_what_is_promoted_is_shown(model):
    answer = ask(k=10, promotions=[{"filter": DEAR, "share": 0.3}])
    best = ids(ask(k=3, filter=DEAR))
    assert [it for it in ids(answer) if price(model, it) >= 10] == best
    assert answer.controls.promotions[0].name == "promotion-1"


def test_a_promotion_that_the_ranking_has_anyway_changes_nothing():
    answer = ask(k=10, promotions=[{"filter": {"field": "price", "gte": 0}, "share": 0.5}])
    assert ids(answer) == ids(ask(k=10))
    assert (answer.controls.promotions[0].already, answer.controls.promotions[0].added) == (10, 0)


def test_a_promotion_without_enough_items_has_those_that_there_are():
    rare = {"filter": {"field": "price", "gte": 1e9}, "share": 1}
    answer = ask(k=5, promotions=[rare])
    assert ids(answer) == ids(ask(k=5))
    assert answer.controls.promotions[0].items == 0


def test_a_filter_holds_for_what_is_promoted(model):
    answer = ask(filter=CHEAP, promotions=[{"filter": DEAR, "share": 0.5}])
    assert all(price(model, item_id) <= 0.5 for item_id in ids(answer))


def test_a_boost_adds_the_logarithm_of_its_factor(model):
    plain = {item.item_id: item.score for item in ask(k=100).items}
    answer = ask(k=100, boosts=[{"filter": CHEAP, "factor": 4}])
    for item in answer.items:
        cheap = price(model, item.item_id) <= 0.5
        assert (item.boost is not None) == cheap
        if item.item_id in plain:
            by = np.log(4) if cheap else 0
            assert item.score == pytest.approx(plain[item.item_id] + by, abs=2e-3)
    (effect,) = answer.controls.boosts
    assert effect.shown == sum(item.boost == 4 for item in answer.items) > 0
    scores = [item.score for item in answer.items]
    assert scores == sorted(scores, reverse=True)


def test_boosts_that_fit_one_item_are_multiplied():
    boosts = [{"filter": CHEAP, "factor": 4}, {"filter": {"field": "price", "gte": 0}, "factor": 2}]
    factors = {item.boost for item in ask(k=100, boosts=boosts).items}
    assert factors == {2, 8}


def test_pinned_items_are_at_their_places():
    plain = ids(ask(k=10))
    pinned = [
        {"item_id": "84879", "place": 4},
        {"item_id": plain[7]},
        {"item_id": "20725", "place": 10},
    ]
    answer = ask(k=10, pinned=pinned)
    assert len(set(ids(answer))) == 10
    assert [ids(answer).index(it) for it in ("84879", plain[7], "20725")] == [3, 0, 9]
    assert [item.item_id for item in answer.items if item.pinned] == [plain[7], "84879", "20725"]
    assert answer.controls.pinned == 3


def test_a_place_is_a_whole_number_as_json_has_it():
    pinned = [{"item_id": "22699", "place": 2.0}]
    assert RecommendationRequest(pinned=pinned).pinned[0].place == 2


def test_a_pinned_item_is_shown_though_it_was_seen():
    answer = ask(k=3, pinned=[{"item_id": "22697", "place": 1}])
    assert ids(answer)[0] == "22697"
    assert np.isfinite(answer.items[0].score)
    assert "22698" not in ids(answer)


def test_a_pinned_item_that_the_filter_hides_or_nobody_knows_is_left_out_and_named(model):
    dear = next(it for it in model.catalogue.ids if price(model, it) >= 10)
    answer = ask(k=5, filter=CHEAP, pinned=[{"item_id": dear}, {"item_id": "NO-SUCH"}])
    assert dear not in ids(answer)
    assert len(answer.items) == 5
    assert any(dear in warning for warning in answer.warnings)
    assert any("NO-SUCH" in warning for warning in answer.warnings)


def test_excluded_items_are_not_shown():
    plain = ids(ask(k=12))
    answer = ask(k=10, excluded=[plain[0], plain[3], "NO-SUCH"])
    assert ids(answer) == [it for it in plain if it not in {plain[0], plain[3]}]
    assert answer.controls.excluded == 2


def test_one_item_of_each_value_is_shown(model):
    answer = ask(k=20, one_per="price")
    prices = [price(model, item_id) for item_id in ids(answer)]
    assert len(set(prices)) == len(prices) == 20
    best: list[str] = []
    for item_id in ids(ask(k=100)):
        if price(model, item_id) not in {price(model, it) for it in best}:
            best.append(item_id)
    assert ids(answer)[: len(best)] == best[:20]
    assert answer.controls.one_per.field == "price"
    assert answer.controls.one_per.left_out > 0


def test_as_many_groups_as_there_are_are_found_however_deep(model):
    few = {"or": [{"field": "price", "lt": 0.2}, {"field": "price", "eq": 2.95}]}
    groups = {it for it in model.catalogue.fields["price"] if it < 0.2 or it == 2.95}
    answer = ask(k=50, one_per="price", filter=few)
    assert {price(model, item_id) for item_id in ids(answer)} == groups


def test_controls_hold_without_a_history_too(model):
    answer = ask(
        history=[],
        k=10,
        pinned=[{"item_id": "84879", "place": 2}],
        promotions=[{"filter": DEAR, "share": 0.2}],
        boosts=[{"filter": CHEAP, "factor": 3}],
        one_per="price",
    )
    assert ids(answer)[1] == "84879"
    assert sum(price(model, item_id) >= 10 for item_id in ids(answer)) >= 2
    assert len({price(model, item_id) for item_id in ids(answer)}) == 10


def test_a_batch_has_each_requests_own_controls():
    requests = [
        RecommendationRequest(history=TEACUPS),
        RecommendationRequest(history=TEACUPS, boosts=[{"filter": CHEAP, "factor": 50}]),
        RecommendationRequest(history=TEACUPS, pinned=[{"item_id": "84879"}]),
        RecommendationRequest(history=TEACUPS, promotions=[{"filter": DEAR, "share": 1}]),
    ]
    together = get_service().rank(requests)
    alone = [get_service().rank([request])[0] for request in requests]
    assert [ids(answer) for answer in together] == [ids(answer) for answer in alone]
    assert len({tuple(ids(answer)) for answer in together}) == 4


def test_diversity_explanation_and_controls_go_together(model):
    answer = ask(
        k=6,
        diversity=0.5,
        explain=True,
        one_per="price",
        promotions=[{"filter": DEAR, "share": 0.3}],
    )
    assert len(answer.items) == 6
    assert all(item.because is not None for item in answer.items)
    assert sum(price(model, item_id) >= 10 for item_id in ids(answer)) >= 2


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        ({"promotions": [{"filter": CHEAP, "share": 0.6}] * 2}, "at most 1 together"),
        ({"promotions": [{"filter": CHEAP, "share": 0.1, "name": "a"}] * 2}, "a name of its own"),
        ({"pinned": [{"item_id": "a"}, {"item_id": "a"}]}, "once"),
        ({"pinned": [{"item_id": "a", "place": 1}, {"item_id": "b", "place": 1}]}, "once"),
        ({"pinned": [{"item_id": "a", "place": 11}]}, "beyond the 10"),
        ({"pinned": [{"item_id": "a"}], "excluded": ["a"]}, "both name 'a'"),
        ({"pinned": [{"item_id": "a", "place": 0}]}, "greater than or equal to 1"),
        ({"pinned": [{"item_id": "a", "place": 101}], "k": 100}, "less than or equal to 100"),
        ({"pinned": [{"item_id": "a", "place": 1.5}]}, "valid integer"),
        ({"pinned": [{"item_id": "a", "place": "1"}]}, "valid integer"),
        ({"pinned": [{"item_id": "a", "place": True}]}, "valid integer"),
        ({"boosts": [{"filter": CHEAP, "factor": 0}]}, "greater than or equal to"),
        ({"promotions": [{"filter": CHEAP, "share": 0}]}, "greater than 0"),
    ],
)
def test_controls_that_cannot_be_done_are_refused(controls, message):
    with pytest.raises(ValidationError, match=message):
        RecommendationRequest(**controls)


@pytest.mark.parametrize(
    ("controls", "pointer"),
    [
        (
            {"promotions": [{"filter": {"field": "size", "eq": 1}, "share": 0.1}]},
            "/promotions/0/filter/field",
        ),
        (
            {"boosts": [{"filter": {"field": "price", "eq": "x"}, "factor": 2}]},
            "/boosts/0/filter/eq",
        ),
        ({"one_per": "brand"}, "/one_per"),
    ],
)
def test_controls_that_do_not_fit_the_catalogue_point_at_the_place(controls, pointer):
    with pytest.raises(InvalidRequest) as raised:
        ask(**controls)
    assert raised.value.extensions["errors"][0]["pointer"] == pointer
    assert "price" in raised.value.detail


SMALL = Catalogue(
    [f"i{n}" for n in range(12)],
    [""] * 12,
    {
        "group": np.array(["a", "a", "b", "b", "", "", "c", "c", "d", "d", "e", ""]),
        "sale": np.array([0.0] * 6 + [1.0] * 6),
    },
    np.arange(12.0),
    np.ones(12, bool),
)
SCORES = np.arange(12, 0, -1).astype(np.float32)


def place(scores=SCORES, **controls):
    controlled = Controlled(**controls)
    rows = {item_id: row for row, item_id in enumerate(SMALL.ids)}
    steering = steering_of(controlled, SMALL, rows.get, None)
    order = [int(row) for row in np.argsort(-scores, kind="stable") if np.isfinite(scores[row])]
    return arrange(steering, controlled.k, order[: candidates_of(steering, controlled.k)], scores)


SALE = Condition(field="sale", eq=1)


def test_promoted_items_are_spread_evenly_in_the_order_of_their_scores():
    placed = place(k=6, promotions=[{"filter": SALE, "share": 1 / 3}])
    assert placed.rows == [0, 6, 1, 2, 7, 3]
    assert placed.promoted == {6: "promotion-1", 7: "promotion-1"}


def test_one_of_a_group_is_shown_also_of_pinned_and_promoted_ones():
    placed = place(
        k=5,
        one_per="group",
        pinned=[{"item_id": "i1", "place": 3}],
        promotions=[{"filter": SALE, "share": 0.4}],
    )
    groups = [SMALL.fields["group"][row] or row for row in placed.rows]
    assert len(set(groups)) == 5
    assert placed.rows[2] == 1
    assert 0 not in placed.rows
    assert {row for row in placed.rows if row >= 6} == {6, 8}


def test_items_without_a_group_are_groups_of_their_own():
    assert place(k=7, one_per="group").rows == [0, 2, 4, 5, 6, 8, 10]


def test_two_promotions_have_their_shares():
    early = Condition(field="group", eq="e")
    placed = place(
        k=4,
        promotions=[
            {"name": "sale", "filter": SALE, "share": 0.5},
            {"name": "e", "filter": early, "share": 0.25},
        ],
    )
    assert sum(row >= 6 for row in placed.rows) >= 2
    assert 10 in placed.rows
    assert len(placed.rows) == len(set(placed.rows)) == 4


def test_more_promotions_than_places_do_not_push_each_other_out_twice():
    promotions = [{"filter": Condition(field="group", eq=it), "share": 0.2} for it in "bcde"]
    placed = place(k=2, promotions=promotions)
    assert len(placed.rows) == len(set(placed.rows)) == 2


def test_pins_beyond_what_there_is_come_last():
    scores = np.full(12, -np.inf, np.float32)
    scores[[3, 5]] = 1, 2
    placed = place(scores, k=10, pinned=[{"item_id": "i3", "place": 9}])
    assert placed.rows == [5, 3]


def test_what_is_promoted_is_in_the_order_of_all_scores_however_many_there_are():
    count = 2 * SORTED_WHOLE
    scores = np.random.default_rng(0).permutation(count).astype(np.float32)
    scores[::3] = -np.inf
    nothing = np.zeros(count)
    many = Catalogue(
        [str(n) for n in range(count)],
        [""] * count,
        {"odd": np.arange(count) % 2.0},
        nothing,
        nothing == 0,
    )
    controlled = Controlled(
        k=2 * LOOKED_UP, promotions=[{"filter": Condition(field="odd", eq=1), "share": 1}]
    )
    steering = steering_of(controlled, many, {}.get, None)
    best = [int(row) for row in np.argsort(-scores, kind="stable")]
    placed = arrange(steering, controlled.k, best[: candidates_of(steering, controlled.k)], scores)
    odd = [row for row in best if row % 2 and np.isfinite(scores[row])]
    assert sorted(placed.rows) == sorted(odd[: controlled.k])


def test_what_controls_come_to_is_made_once_for_the_fields_that_there_are():
    promotions = [
        {"filter": {"and": [SALE, {"not": {"field": "group", "in": ["c"]}}]}, "share": 0.2}
    ]
    asked = {
        "promotions": promotions,
        "boosts": [{"filter": SALE, "factor": 2}],
        "one_per": "group",
    }
    plan = plan_of(Controlled(**asked), SMALL)
    assert plan_of(Controlled(**asked), SMALL) is plan
    assert plan_of(Controlled(**asked | {"k": 20}), SMALL) is not plan
    for other in ("d", "e"):
        promotions[0]["filter"]["and"][1]["not"]["in"] = [other]
        assert plan_of(Controlled(**asked), SMALL) is not plan
    changed = replace(SMALL, fields=SMALL.fields | {"sale": np.zeros(12)})
    assert plan_of(Controlled(**asked), changed).boosts[0].count == 0
    without = replace(SMALL, fields={"sale": SMALL.fields["sale"]})
    with pytest.raises(InvalidRequest):
        plan_of(Controlled(one_per="group"), without)
