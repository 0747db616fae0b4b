"""Which of a model's languages a text is in, and whether it is clearly in none of them."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from shared.language import DetectedLanguage, detect

_WORD = re.compile(r"[^\W\d_]{2,}")
_LATIN = re.compile(r"[a-zà-öø-ÿß-žœ]", re.IGNORECASE)
# Spoken where the model's languages are, and what their informal spelling is taken for.
_KIN = frozenset({"als", "bar", "nds", "lb", "gsw", "ksh", "sco", "oc", "br", "ca", "gl", "ast"})
LEAST_WORDS = 3  # below it, informal words of one language pass for those of another
SURE = 0.85  # of a text of few words, so probable must another language be
LIKELY = 0.7  # of any other text
REMAINDER = 0.05  # the model's languages together must be less probable
FEW_WORDS = 5


class Heard(NamedTuple):
    """The language of a text.

    Attributes:
        language: the likeliest of the model's; its first where nothing tells.
        other: what the text is in, where that is clearly none of the model's.
    """

    language: str
    other: DetectedLanguage | None


def hear(text: str, languages: Sequence[str]) -> Heard:
    """The language of a text.

    Args:
        text: what the customer wrote.
        languages: ISO 639-1 codes that the model reads; none means any.
    """
    if not languages:
        return Heard("", None)
    found = detect(text)
    known = [candidate for candidate in found if candidate.language in languages]
    language = known[0].language if known else languages[0]
    if not found or found[0].language in languages or found[0].language in _KIN:
        return Heard(language, None)
    other = found[0]
    words = _WORD.findall(text)
    foreign_script = len(words) > 0 and not _LATIN.search(text)
    if len(words) < LEAST_WORDS and not foreign_script:
        return Heard(language, None)
    few = len(words) <= FEW_WORDS and not foreign_script
    clear = other.confidence >= (SURE if few else LIKELY)
    rest = sum(candidate.confidence for candidate in known)
    return Heard(language, other if clear and rest < REMAINDER else None)
