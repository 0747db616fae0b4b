"""The recommendation API's responses, and how what was ranked becomes one."""

from typing import Any

from pydantic import BaseModel, Field

from functions.recommendation.model import RecommendationModel
from functions.recommendation.ranking import DIGITS, Ranked
from shared.process.telemetry import note
from shared.texts import is_none


class Because(BaseModel):
    """An event of the history, and how much the item's score falls without it."""

    item_id: str
    weight: float


class RecommendedItem(BaseModel):
    """An item of the catalogue."""

    item_id: str
    title: str
    score: float = Field(description="The higher, the likelier; comparable within one answer.")
    because: list[Because] | None = Field(
        None, exclude_if=is_none, description="With `explain`: most important first."
    )


class ItemsResponse(BaseModel):
    """Items, best first."""

    model: str = Field(description="Name and version of the model that answered.")
    items: list[RecommendedItem]
    warnings: list[str] = []


class EventsResponse(BaseModel):
    """What became of the events."""

    recorded: int = Field(description="Events that were new.")
    duplicates: int = Field(description="Events that were known already, and count once.")
    warnings: list[str] = []


class KeptEvent(BaseModel):
    """An event as it is kept."""

    item_id: str
    event: str
    timestamp: float = Field(description="Seconds since 1970-01-01 UTC.")


class ShopperResponse(BaseModel, defer_build=True):
    """What is kept of a shopper, newest first."""

    user_id: str
    events: list[KeptEvent]
    next: str | None = Field(description="For `before`, where there may be more; else null.")


class ErasureResponse(BaseModel, defer_build=True):
    """What was deleted of a shopper."""

    erased: int = Field(description="Events that were kept.")


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
