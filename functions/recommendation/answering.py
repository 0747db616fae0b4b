"""How what was ranked becomes a response."""

from collections.abc import Iterable
from typing import Any

from functions.recommendation.model import RecommendationModel
from functions.recommendation.outcomes import RECOMMENDED, get_outcome_store
from functions.recommendation.recommendation_ids import new_recommendation_id
from functions.recommendation.responses import ItemsResponse
from functions.recommendation.steering import Steering
from functions.recommendation.wanted import DIGITS, Ranked
from shared.process.telemetry import measure, note


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
    also: Iterable[str] = (),
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
    shown = list(dict.fromkeys([*(item["item_id"] for item in items), *also]))
    identifier = model.spec.identifier
    answer: dict[str, Any] = {
        "model": identifier,
        "recommendation_id": new_recommendation_id(shown),
        "items": items,
        "warnings": [*warnings, *model.warnings],
    }
    if steering is not None:
        _mark(items, ranked, steering)
        answer["controls"] = _effect(ranked, steering)
    note(identifier, shown=len(shown))
    count_shown(len(shown))
    # One validation of them all takes less time than making each item by itself.
    return ItemsResponse.model_validate(answer)


def _mark(items: list[dict[str, Any]], ranked: Ranked, steering: Steering) -> None:
    """Say of each item what the controls did to it."""
    promoted = {} if ranked.placed is None else ranked.placed.promoted
    pinned = set(steering.pinned_rows)
    if promoted or pinned:
        for item, row in zip(items, ranked.rows, strict=True):
            if row in pinned:
                item["pinned"] = True
            if row in promoted:
                item["promotion"] = promoted[row]
    factors: dict[int, float] = {}  # by place
    for boosted in steering.plan.boosts:
        for place in boosted.places(ranked.rows):
            factors[place] = factors.get(place, 1) * boosted.factor
    for place, factor in factors.items():
        if factor != 1:
            items[place]["boost"] = round(factor, DIGITS)


def _effect(ranked: Ranked, steering: Steering) -> dict[str, Any]:
    """What the controls did to the answer."""
    plan = steering.plan
    effect: dict[str, Any] = {"excluded": len(steering.excluded), "pinned": len(steering.pinned)}
    effect["boosts"] = [
        {
            "factor": boosted.factor,
            "items": boosted.count,
            "shown": len(boosted.places(ranked.rows)),
        }
        for boosted in plan.boosts
    ]
    placed = ranked.placed
    if placed is None:
        return effect
    names = list(placed.promoted.values())
    effect["promotions"] = [
        {
            "name": promotion.name,
            "items": len(promotion.rows),
            "places": promotion.places,
            "already": already,
            "added": names.count(promotion.name),
        }
        for promotion, already in zip(plan.promotions, placed.already, strict=True)
    ]
    if plan.one_per is not None:
        effect["one_per"] = {"field": plan.one_per, "left_out": placed.left_out}
    return effect


def too_few(ranked: Ranked, k: int) -> list[str]:
    """A warning where fewer items are left than are asked for."""
    if len(ranked.rows) >= k:
        return []
    count = len(ranked.rows)
    why = "the others are filtered out or seen already"
    return [f"{count} items are left of the {k} asked for: {why}."]
