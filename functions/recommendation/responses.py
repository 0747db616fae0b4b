"""What was ranked, as the API answers it."""

from typing import Any

from functions.recommendation.model import RecommendationModel
from functions.recommendation.ranking import DIGITS, Ranked
from functions.recommendation.schemas import ItemsResponse
from shared.process.telemetry import note


def items_response(
    model: RecommendationModel, ranked: Ranked, warnings: list[str]
) -> ItemsResponse:
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
    identifier = model.spec.identifier
    note(identifier, shown=len(items))
    # One validation of them all takes less time than making each item by itself.
    answer = {"model": identifier, "items": items, "warnings": warnings}
    return ItemsResponse.model_validate(answer)
