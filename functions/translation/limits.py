"""The named limits of a request. Each error says what came and how to split it."""

from functions.translation.schemas import MAX_TOTAL_CHARACTERS, DetectRequest, TranslateRequest
from shared.errors import LimitExceeded


def check_request(request: TranslateRequest | DetectRequest) -> list[str]:
    """The texts of a request, within the limits on their number and their characters.

    Raises:
        LimitExceeded: one of them is too large.
    """
    texts = request.check_texts()
    total = sum(map(len, texts))
    if total > MAX_TOTAL_CHARACTERS:
        hint = "Send the texts in several requests, or through the queue."
        raise LimitExceeded("characters in all", MAX_TOTAL_CHARACTERS, total, hint, "/texts")
    return texts
