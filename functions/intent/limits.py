"""The named limits of an intent request. Each error says what came and how to split it."""

from collections.abc import Sequence

from tokenizers import Encoding

from functions.intent.schemas import (
    MAX_CHARACTERS,
    MAX_EXPLAINED_WORDS,
    MAX_TEXTS,
    IntentRequest,
)
from shared.errors import LimitExceeded

_SHORTEN = "Send the part of the message that holds the question."


def _pointer(request: IntentRequest, index: int) -> str:
    return "/text" if request.text is not None else f"/texts/{index}"


def check_request(request: IntentRequest) -> None:
    """Check what can be counted before tokenization.

    Raises:
        LimitExceeded: on the number of texts, the characters of one, or the words to explain.
    """
    texts = request.all_texts
    if len(texts) > MAX_TEXTS:
        hint = f"Split the list into requests of at most {MAX_TEXTS}."
        raise LimitExceeded("texts", MAX_TEXTS, len(texts), hint, "/texts")
    for index, text in enumerate(texts):
        if len(text) > MAX_CHARACTERS:
            where = _pointer(request, index)
            raise LimitExceeded("characters", MAX_CHARACTERS, len(text), _SHORTEN, where)
    words = sum(len(text.split()) for text in texts) if request.explain else 0
    if words > MAX_EXPLAINED_WORDS:
        hint = "Explain fewer or shorter texts in one request."
        raise LimitExceeded("explained words", MAX_EXPLAINED_WORDS, words, hint, "/explain")


def check_tokens(request: IntentRequest, encodings: Sequence[Encoding], allowed: int) -> None:
    """Check each text of a request against the model's length.

    Raises:
        LimitExceeded: a text has more tokens, special ones included, than the model takes.
    """
    for index, encoding in enumerate(encodings):
        if len(encoding) > allowed:
            where = _pointer(request, index)
            raise LimitExceeded("tokens", allowed, len(encoding), _SHORTEN, where)
