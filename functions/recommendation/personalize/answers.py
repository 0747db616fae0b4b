"""Ranked items in the shapes of Amazon Personalize."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.model import RecommendationModel
from functions.recommendation.personalize.filters import field_of
from functions.recommendation.personalize.shapes import Filtered
from functions.recommendation.recommendation_ids import new_recommendation_id
from shared.aws_contract import AwsAnswer

TITLE = "title"  # which every catalogue has, beside its fields


class Item(NamedTuple):
    """An item to show, and the promotion without which it would not be."""

    item_id: str
    score: float
    promotion: str | None


def answer_of(
    name: str,
    catalogue: Catalogue,
    model: RecommendationModel,
    request: Filtered,
    found: Sequence[Item],
) -> AwsAnswer:
    """The answer that has items under a name, with the columns that the request asks for."""
    items: list[dict[str, Any]] = []
    for item in found:
        shown: dict[str, Any] = {"itemId": item.item_id, "score": item.score}
        if item.promotion is not None:
            shown["promotionName"] = item.promotion
        row = model.row(item.item_id)
        if request.columns and row is not None:
            shown["metadata"] = _metadata(catalogue, request.columns, row)
        items.append(shown)
    recommendation_id = new_recommendation_id([item.item_id for item in found])
    return AwsAnswer({name: items, "recommendationId": recommendation_id})


def _metadata(catalogue: Catalogue, columns: Sequence[str], row: int) -> dict[str, str]:
    """What the catalogue has of an item, under the names that were asked for."""
    return {
        column: catalogue.titles[row]
        if column.lower() == TITLE
        else str(catalogue.fields[field_of(column, catalogue)][row])
        for column in columns
    }
