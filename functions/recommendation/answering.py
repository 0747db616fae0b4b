"""How what was ranked becomes a response."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from functions.recommendation.model import RecommendationModel
from functions.recommendation.outcomes import RECOMMENDED, get_outcome_store
from functions.recommendation.recommendation_ids import new_recommendation_id
from functions.recommendation.responses import (
    BoostEffect,
    GroupEffect,
    ItemsResponse,
    PromotionEffect,
)
from functions.recommendation.steering import Steering
from functions.recommendation.wanted import DIGITS, Ranked
from shared.process.telemetry import measure, note

MOST_EFFECTS = 1_024  # that are kept


def items_of(model: RecommendationModel, ranked: Ranked) -> list[dict[str, Any]]:
    """The items of the ranked rows, with titles, scores and, where there are any, reasons."""
    ids, titles = model.catalogue.ids, model.catalogue.titles
    items: list[dict[str, Any]] = [
        {"item_id": ids[row], "title": titles[row], "score": score}
        for row, score in zip(ranked.rows, ranked.scores, strict=True)
    ]
    for item, reasons in zip(items, ranked.reasons or [], strict=False):
        item["because"] = [
            {"item_id": ids[row], "weight": round(weight, DIGITS)} for row, weight in reasons
        ]
    return items


def count_shown(count: int) -> None:
    """Count recommended items, for the share of them that comes to something."""
    measure(RECOMMENDED, count)
    get_outcome_store().shown(count)


def items_response(
    model: RecommendationModel,
    ranked: Ranked,
    warnings: list[str],
    steering: Steering | None = None,
    also: Sequence[str] = (),
) -> ItemsResponse:
    """The response for ranked rows, with what the request's controls did.

    Args:
        model: that ranked.
        ranked: what is shown.
        warnings: of the answer.
        steering: what the request's controls came to.
        also: ids of further items that the answer has, beside those of the ranked rows.
    """
    items = items_of(model, ranked)
    shown = [item["item_id"] for item in items]
    if also:
        shown = list(dict.fromkeys([*shown, *also]))
    identifier = model.spec.identifier
    answer: dict[str, Any] = {
        "model": identifier,
        "recommendation_id": new_recommendation_id(shown),
        "items": items,
        "warnings": [*warnings, *model.warnings],
    }
    if steering is not None:
        answer["controls"] = _controlled(items, ranked, steering)
    note(identifier, shown=len(shown))
    count_shown(len(shown))
    # One validation of them all takes less time than making each item by itself.
    return ItemsResponse.model_validate(answer)


def _controlled(items: list[dict[str, Any]], ranked: Ranked, steering: Steering) -> dict[str, Any]:
    """Say of each item what the controls did to it; returns what they did to the answer."""
    effect: dict[str, Any] = {"excluded": len(steering.excluded), "pinned": len(steering.pinned)}
    if steering.pinned:
        pinned = set(steering.pinned_rows)
        for item, row in zip(items, ranked.rows, strict=True):
            if row in pinned:
                item["pinned"] = True
    if steering.plan.boosts:
        effect["boosts"] = _boosted(items, ranked, steering)
    placed = ranked.placed
    if placed is None:
        return effect
    if placed.promoted:
        for item, row in zip(items, ranked.rows, strict=True):
            if row in placed.promoted:
                item["promotion"] = placed.promoted[row]
    names = list(placed.promoted.values())
    effect["promotions"] = [
        _promotion_effect(it.name, len(it.rows), it.places, already, names.count(it.name))
        for it, already in zip(steering.plan.promotions, placed.already, strict=True)
    ]
    if steering.plan.one_per is not None:
        effect["one_per"] = _group_effect(steering.plan.one_per, placed.left_out)
    return effect


# Answers to the same controls say much the same of them: what was said before takes no making.


@lru_cache(MOST_EFFECTS)
def _promotion_effect(
    name: str, items: int, places: int, already: int, added: int
) -> PromotionEffect:
    return PromotionEffect(name=name, items=items, places=places, already=already, added=added)


@lru_cache(MOST_EFFECTS)
def _boost_effect(factor: float, items: int, shown: int) -> BoostEffect:
    return BoostEffect(factor=factor, items=items, shown=shown)


@lru_cache(MOST_EFFECTS)
def _group_effect(field: str, left_out: int) -> GroupEffect:
    return GroupEffect(field=field, left_out=left_out)


def _boosted(items: list[dict[str, Any]], ranked: Ranked, steering: Steering) -> list[BoostEffect]:
    """Give items the factors of their boosts; returns what each boost did."""
    factors: dict[int, float] = {}  # by place
    effects = []
    for boosted in steering.plan.boosts:
        factor, places = boosted.factor, boosted.places(ranked.rows)
        for place in places:
            factors[place] = factors.get(place, 1) * factor
        effects.append(_boost_effect(factor, boosted.count, len(places)))
    shown = {factor: round(factor, DIGITS) for factor in {*factors.values()} - {1}}
    for place, factor in factors.items():
        if factor in shown:
            items[place]["boost"] = shown[factor]
    return effects


def too_few(ranked: Ranked, k: int) -> list[str]:
    """A warning where fewer items are left than are asked for."""
    if len(ranked.rows) >= k:
        return []
    count = len(ranked.rows)
    why = "the others are filtered out or seen already"
    return [f"{count} items are left of the {k} asked for: {why}."]
