"""The named limits of a request. Each error says what came and how to split it."""

from functions.translation.schemas import (
    MAX_GLOSSARY_CHARACTERS,
    MAX_TOTAL_CHARACTERS,
    MAX_WRITTEN_CHARACTERS,
    DetectRequest,
    TranslateRequest,
)
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
    if isinstance(request, TranslateRequest):
        _check_glossary(request)
    return texts


def _check_glossary(request: TranslateRequest) -> None:
    """Check how much a request has to look for.

    Raises:
        LimitExceeded: it is too much.
    """
    terms = sum(len(term.source) + len(term.target) for term in request.glossary)
    total = terms + sum(map(len, request.keep))
    if total > MAX_GLOSSARY_CHARACTERS:
        hint = "Send the terms and names that are in these texts, and leave out the others."
        where = "/glossary" if terms else "/keep"
        raise LimitExceeded("glossary characters", MAX_GLOSSARY_CHARACTERS, total, hint, where)


def check_written(characters: int) -> None:
    """Check how much the glossary's terms make of a request's texts.

    Args:
        characters: of what is written for terms, each time that one is found.

    Raises:
        LimitExceeded: it is too much.
    """
    if characters > MAX_WRITTEN_CHARACTERS:
        hint = "Send shorter targets, or fewer of the texts in one request."
        name = "characters written for terms"
        raise LimitExceeded(name, MAX_WRITTEN_CHARACTERS, characters, hint, "/glossary")
