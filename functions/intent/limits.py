"""The limits of an intent request beside those of its texts. Each error says how to split it."""

from collections.abc import Sequence

from tokenizers import Encoding

from functions.intent.schemas import MAX_EXPLAINED_WORDS, IntentRequest
from shared.errors import LimitExceeded


def check_explained(texts: Sequence[str]) -> None:
    """Check how many words are to be explained.

    Raises:
        LimitExceeded: there are too many.
    """
    words = sum(len(text.split()) for text in texts)
    if words > MAX_EXPLAINED_WORDS:
        hint = "Explain fewer or shorter texts in one request."
        raise LimitExceeded("explained words", MAX_EXPLAINED_WORDS, words, hint, "/explain")


def too_long(
    request: IntentRequest, encodings: Sequence[Encoding], allowed_tokens: int
) -> LimitExceeded:
    """The error of the first text with more tokens, special ones included, than the model takes."""
    lengths = map(len, encodings)
    place, tokens = next((i, n) for i, n in enumerate(lengths) if n > allowed_tokens)
    where = request.pointer(place)
    return LimitExceeded("tokens", allowed_tokens, tokens, request.SHORTEN, where)
