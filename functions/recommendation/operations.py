"""What the recommendation service can do.

A message that names no operation may be of any kind: its shape tells.
"""

from functions.recommendation.event_requests import EventsRequest
from functions.recommendation.item_requests import (
    BasketRequest,
    ItemRequest,
    ItemsRequest,
    ItemUpdate,
    PopularRequest,
    SimilarRequest,
    TrendingRequest,
)
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
    RecommendationRequest,
    RerankRequest,
    ShopperErasure,
    ShopperRequest,
    users_of,
)
from functions.recommendation.service import TASK, RecommendationService, get_service
from shared.operations import Operation, Service, each

# Amazon Personalize's; those that are not served say so.
PERSONALIZE_PATHS = (
    "recommendations",
    "personalize-ranking",
    "events",
    "action-recommendations",
    "action-interactions",
    "actions",
    "items",
    "users",
)
OPERATIONS = (
    Operation(
        "answer_message",
        None,
        QueueMessage,
        ItemsResponse | EventsResponse | WrittenResponse,
        RecommendationService.answer,
        "What the message asks for: a recommendation, a reranking, what is bought with a basket, "
        "or that events be recorded or items' fields written.",
    ),
    Operation(
        "recommend",
        "/v1/recommendations",
        RecommendationRequest,
        ItemsResponse,
        RecommendationService.rank,
        "Items that the shopper is likely to want next.",
        # Without a user: a process that warms up asks no store.
        sample={"history": [{"item_id": "85123A", "event": "cart"}], "explain": True},
        users=users_of,
        scope="recommendations:read",
    ),
    Operation(
        "rerank",
        "/v1/recommendations/rerank",
        RerankRequest,
        ItemsResponse,
        RecommendationService.rank,
        "The given items in the order in which the shopper is likely to want them.",
        users=users_of,
        scope="recommendations:read",
    ),
    Operation(
        "recommend_together",
        "/v1/recommendations/bought-together",
        BasketRequest,
        ItemsResponse,
        each(RecommendationService.together),
        "Items that are bought together with those of a basket, popular or not; the score is a "
        "normalised pointwise mutual information.",
    ),
    Operation(
        "list_popular",
        "/v1/items/popular",
        PopularRequest,
        ItemsResponse,
        each(RecommendationService.popular),
        "The most popular items; the score is their number of events in the training data. Of a "
        "model made without any, that of the last ten days' recorded events, weighted by kind and "
        "age.",
        method="GET",
    ),
    Operation(
        "list_similar",
        "/v1/items/{item_id}/similar",
        SimilarRequest,
        ItemsResponse,
        each(RecommendationService.similar),
        "Items that are had by the same shoppers; the score is a cosine.",
        method="GET",
    ),
    Operation(
        "list_trending",
        "/v1/items/trending",
        TrendingRequest,
        TrendingResponse,
        each(RecommendationService.trending),
        "Items with most events of late, by `POST /v1/events`; the score is their number, weighted "
        "by kind and age.",
        method="GET",
    ),
    Operation(
        "read_item",
        "/v1/items/{item_id}",
        ItemRequest,
        ItemResponse,
        each(RecommendationService.item),
        "What is known of an item.",
        method="GET",
    ),
    Operation(
        "write_item",
        "/v1/items/{item_id}",
        ItemUpdate,
        WrittenResponse,
        each(RecommendationService.write_one),
        "Change fields of an item that filters and boosts name, such as its price, its stock, and "
        "whether it is active.",
        method="PUT",
        scope="items:write",
    ),
    Operation(
        "write_items",
        "/v1/items",
        ItemsRequest,
        WrittenResponse,
        each(RecommendationService.write),
        "The same for many items.",
        scope="items:write",
    ),
    Operation(
        "record_events",
        "/v1/events",
        EventsRequest,
        EventsResponse,
        each(RecommendationService.record),
        "Record what users did; the next recommendation by `user_id` uses it.",
        users=users_of,
        scope="events:write",
    ),
    Operation(
        "export_shopper",
        "/v1/shoppers/{user_id}",
        ShopperRequest,
        ShopperResponse,
        each(RecommendationService.shopper),
        "All that is kept of a shopper, newest first, a page at a time.",
        method="GET",
        users=users_of,
        scope="shoppers:read",
    ),
    Operation(
        "erase_shopper",
        "/v1/shoppers/{user_id}",
        ShopperErasure,
        ErasureResponse,
        each(RecommendationService.erase),
        "Delete all that is kept of a shopper. After a 503, send it again: it goes on.",
        method="DELETE",
        users=users_of,
        scope="shoppers:erase",
    ),
    Operation(
        "erase_shopper_by_message",
        "/v1/shoppers/erasure",
        ErasureRequest,
        ErasureResponse,
        each(RecommendationService.erase),
        "The same for the queue, and for `Prefer: respond-async`.",
        users=users_of,
        scope="shoppers:erase",
    ),
)
SERVICE = Service(
    TASK,
    "Retail recommendation",
    "Items that a shopper is likely to want next, by what the shopper did before.",
    get_service,
    OPERATIONS,
    elsewhere=dict.fromkeys(PERSONALIZE_PATHS, "functions.recommendation.personalize.operations"),
)
