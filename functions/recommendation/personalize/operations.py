"""Amazon Personalize's runtime operations, and those for events."""

from functions.recommendation.personalize.errors import DIALECT
from functions.recommendation.personalize.events import EVENTS_SCOPE, put_events
from functions.recommendation.personalize.ranking import (
    get_personalized_ranking,
    get_recommendations,
)
from functions.recommendation.personalize.shapes import (
    GetPersonalizedRankingRequest,
    GetRecommendationsRequest,
    PutEventsRequest,
    users_of,
)
from shared.aws_contract import AwsAnswer, not_covered
from shared.operations import Operation, each

_INVALID = "InvalidInputException"
_CATALOGUE = (
    "They come with the training data: docs/training.md; items' fields by PUT /v1/items/{id}."
)
# Of what is not served: its path, and what there is in its place.
NOT_COVERED = {
    "GetActionRecommendations": ("/action-recommendations", "No model here knows actions."),
    "PutActionInteractions": ("/action-interactions", "No model here knows actions."),
    "PutActions": ("/actions", "No model here knows actions."),
    "PutItems": ("/items", _CATALOGUE),
    "PutUsers": ("/users", _CATALOGUE),
}

OPERATIONS = (
    Operation(
        "GetRecommendations",
        "/recommendations",
        GetRecommendationsRequest,
        AwsAnswer,
        each(get_recommendations),
        get_recommendations.__doc__ or "",
        dialect=DIALECT,
        users=users_of,
        scope="recommendations:read",
    ),
    Operation(
        "GetPersonalizedRanking",
        "/personalize-ranking",
        GetPersonalizedRankingRequest,
        AwsAnswer,
        each(get_personalized_ranking),
        get_personalized_ranking.__doc__ or "",
        dialect=DIALECT,
        users=users_of,
        scope="recommendations:read",
    ),
    Operation(
        "PutEvents",
        "/events",
        PutEventsRequest,
        AwsAnswer,
        each(put_events),
        put_events.__doc__ or "",
        dialect=DIALECT,
        users=users_of,
        scope=EVENTS_SCOPE,
    ),
    *(
        not_covered(name, path, _INVALID, DIALECT, instead)
        for name, (path, instead) in NOT_COVERED.items()
    ),
)
