"""What the recommendation service does, by the path of its HTTP route.

A message that names no operation may be of any kind: its shape tells.
"""

from collections.abc import Sequence
from typing import Any

from functions.recommendation.schemas import (
    EventsRequest,
    QueueMessage,
    RecommendationRequest,
    RerankRequest,
)
from functions.recommendation.service import answer_messages
from shared.operations import Operation, Outcome, Sample


def _answer(requests: Sequence[Any]) -> Sequence[Outcome]:
    return answer_messages([QueueMessage(request) for request in requests])


OPERATIONS = {
    "": Operation(QueueMessage, answer_messages),
    "/v1/recommendations": Operation(RecommendationRequest, _answer),
    "/v1/recommendations/rerank": Operation(RerankRequest, _answer),
    "/v1/events": Operation(EventsRequest, _answer),
}
# Without a user: a process that warms up asks no store.
SAMPLE = Sample(
    "/v1/recommendations", {"history": [{"item_id": "85123A", "event": "cart"}], "explain": True}
)
