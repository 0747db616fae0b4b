"""The limits of an intent request beside those of its texts. Each error says how to split it."""

from collections.abc import Sequence

from functions.intent.schemas import MAX_EXPLAINED_WORDS
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
