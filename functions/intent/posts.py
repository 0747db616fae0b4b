"""The intent service's requests that are one JSON document, by path."""

from functions.intent.schemas import IntentRequest, IntentResponse
from functions.intent.service import classify
from shared.http.fast_posts import Posts


async def post_intent(request: IntentRequest) -> IntentResponse:
    """Classify one text or several; each gets an intent, or an abstention with its reason."""
    return classify(request)


POSTS: Posts = {"/v1/intent": post_intent}
