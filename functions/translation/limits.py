"""The named limits of a request. Each error says what came and how to split it."""

from functions.translation.schemas import (
    MAX_CHARACTERS,
    MAX_TEXTS,
    MAX_TOTAL_CHARACTERS,
    DetectRequest,
    TranslateRequest,
)
from shared.errors import LimitExceeded


def check_request(request: TranslateRequest | DetectRequest) -> None:
    """Check the number of texts and their characters.

    Raises:
        LimitExceeded: one of them is too large.
    """
    texts = request.all_texts
    if len(texts) > MAX_TEXTS:
        hint = f"Split the list into requests of at most {MAX_TEXTS}."
        raise LimitExceeded("texts", MAX_TEXTS, len(texts), hint, "/texts")
    for index, text in enumerate(texts):
        if len(text) > MAX_CHARACTERS:
            where = "/text" if request.text is not None else f"/texts/{index}"
            hint = "Split the text between paragraphs and send the parts as 'texts'."
            raise LimitExceeded("characters", MAX_CHARACTERS, len(text), hint, where)
    total = sum(map(len, texts))
    if total > MAX_TOTAL_CHARACTERS:
        hint = "Send the texts in several requests, or through the queue."
        raise LimitExceeded("characters in all", MAX_TOTAL_CHARACTERS, total, hint, "/texts")
