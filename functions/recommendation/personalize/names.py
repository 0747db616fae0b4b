"""What the names of Amazon Personalize's resources and events stand for here.

The file names.json has them, which is deployed with the code, or where it is set the variable
PERSONALIZE::

    {"arns": {"also-viewed": "similar", "best-sellers": "popular", "for-you": "recommend"},
     "filters": {"affordable": "INCLUDE ItemID WHERE Items.PRICE < $MAX"},
     "events": {"Watch": "view", "Search": null}}

Without ``arns`` every campaign and recommender is taken: for a user, what they will want; for an
item alone, items like it. With them, one that is not there is unknown.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from functions.recommendation.identifiers import EventType
from shared.aws_contract import AwsRefusal
from shared.errors import InvalidRequest, ServiceError
from shared.problems import invalid_request
from shared.settings import get_settings

FILE = Path(__file__).with_name("names.json")
PLACE = "the variable PERSONALIZE"
Recipe = Literal["recommend", "similar", "popular"]
USUAL_EVENTS: dict[str, EventType] = {
    "view": "view",
    "click": "view",
    "itemview": "view",
    "productview": "view",
    "productviewed": "view",
    "productdetailview": "view",
    "detailpageview": "view",
    "cart": "cart",
    "addtocart": "cart",
    "productadded": "cart",
    "purchase": "purchase",
    "buy": "purchase",
    "order": "purchase",
    "ordercompleted": "purchase",
}


class Names(BaseModel):
    """What is set.

    Attributes:
        arns: by the last part of a campaign's or a recommender's ARN, what answers.
        filters: by the last part of a filter's ARN, its expression.
        events: by a type of event, what it counts as; None for those that are not kept.
    """

    model_config = ConfigDict(extra="forbid")

    arns: dict[str, Recipe] = {}
    filters: dict[str, str] = {}
    events: dict[str, EventType | None] = {}


@lru_cache(maxsize=1)
def _read(text: str) -> Names:
    place = PLACE if text else FILE.name
    try:
        return Names.model_validate_json(text or FILE.read_bytes())
    except ValidationError as error:
        found = invalid_request(error.errors(include_url=False, include_input=False))
        raise ServiceError(f"{place} does not fit: {found.detail}.") from None


def get_names() -> Names:
    """The names that the settings have, or else the file.

    Raises:
        ServiceError: they do not fit.
    """
    return _read(get_settings().personalize)


def recipe_of(arn: str, *, with_user: bool, with_item: bool) -> Recipe:
    """What answers for a campaign or a recommender.

    Raises:
        AwsRefusal: it is unknown.
        InvalidRequest: what it needs is not given.
    """
    known = get_names().arns
    name = arn.rpartition("/")[2]
    if known and name not in known:
        raise AwsRefusal(
            "ResourceNotFoundException",
            f"No campaign or recommender {name!r}; {FILE.name} or {PLACE} has: "
            f"{', '.join(sorted(known))}.",
        )
    recipe: Recipe = known.get(name) or ("recommend" if with_user or not with_item else "similar")
    if recipe == "recommend" and not with_user:
        raise InvalidRequest("/userId: needed by this campaign or recommender.")
    if recipe == "similar" and not with_item:
        raise InvalidRequest("/itemId: needed by this campaign or recommender.")
    return recipe


def expression_of(arn: str) -> str:
    """The expression of a filter.

    Raises:
        AwsRefusal: it is unknown.
    """
    known, name = get_names().filters, arn.rpartition("/")[2]
    if name not in known:
        raise AwsRefusal(
            "ResourceNotFoundException",
            f"No filter {name!r}; {FILE.name} or {PLACE} has: "
            f"{', '.join(sorted(known)) or 'none'}.",
        )
    return known[name]


def kind_of(event_type: str) -> EventType | None:
    """What a type of event counts as; None where it is not to be kept.

    Raises:
        InvalidRequest: it is unknown.
    """
    known = get_names().events
    if event_type in known:
        return known[event_type]
    usual = USUAL_EVENTS.get(re.sub(r"[\W_]", "", event_type).lower())
    if usual is None:
        raise InvalidRequest(
            f"/eventType: {event_type[:40]!r} is no event of this model. Say in "
            f'{FILE.name} or {PLACE} what it counts as: {{"events": {{"...": "view"}}}}, or '
            '"cart", "purchase", or null where it is not to be kept.'
        )
    return usual
