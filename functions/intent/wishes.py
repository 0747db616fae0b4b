"""Two wishes in one message: where the second may begin, and how surely each part is one.

A text holds two wishes where it falls into two parts, each of which the model, reading it by
itself, surely takes for another intent than the rest. The same functions choose the threshold in
training and decide in serving.
"""

import re
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
Matrix = NDArray[np.bool_]

LEAST_WORDS = 2  # of a part
MOST_PLACES = 3  # of a text, that are tried
SURE = 0.98  # a text whose intent is at least so probable is not read again
_SAYS_SO = (
    "and also|also|plus|btw|by the way|oh and|while|und auch|auch|außerdem|ausserdem|zudem|achja|"
    "ach ja|et aussi|aussi|sinon|au passage|en plus|ah et|también|tambien|además|ademas|de paso|"
    "por cierto|ah y"
)
_ASKS = (
    "or|but|cos|cause|can|could|how|what|where|when|is|are|do|does|oder|aber|ist|sind|habt|haben|"
    "kann|können|könnt|wie|wo|wann|was|gibt|ou|mais|est-ce|c'est|quand|où|comment|avez|quel|quels|"
    "quelle|o|pero|cómo|como|cuándo|cuando|dónde|donde|cuánto|cuanto|qué|que|hay"
)
# What begins a second wish, clearest first: the end of a sentence, a word that says so, an "and"
# or a comma, a word that asks.
_PLACES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"[.?!;\n…]+\s+(?=[^\W_]|[¿¡(\[\"'«])",
        rf",?\s+(?=(?:{_SAYS_SO})\b)",
        r",?\s+(?=(?:and|und|sowie|et|puis|y|e)\b)|,\s+|\s[-\u2013\u2014/+&]\s",
        rf"\s+(?=(?:{_ASKS})\b)",
    )
)
_ASKING = _PLACES[-1]
# "How long" of "how long is the guarantee", which asks for nothing by itself.
_BARE_QUESTION = re.compile(
    r"(?:how|what|which|when|where|who|wie|was|welche\w*|wann|wo|combien|quel\w*|comment|quand|où|"
    r"cu[áa]nt\w*|cu[áa]l\w*|c[óo]mo|qu[ée]|cu[áa]ndo|d[óo]nde)(?:\s+[^\W_]+){0,2}\s*",
    re.IGNORECASE,
)


class TwoWishes(NamedTuple):
    """The best division of a text into two wishes.

    Attributes:
        intents: indices of the intents of both parts.
        at: first character of the second part.
        confidences: probability of each part's intent.
    """

    intents: tuple[int, int]
    at: int
    confidences: tuple[float, float]

    @property
    def sureness(self) -> float:
        """Probability of the less sure part's intent."""
        return min(self.confidences)


def places(text: str) -> list[int]:
    """Where a second wish may begin: characters of ``text``, in order."""
    found: list[int] = []
    for pattern in _PLACES:
        for match in pattern.finditer(text):
            at = match.end()
            edges = (0, *found, len(text))
            pieces = [text[min(at, edge) : max(at, edge)] for edge in edges]
            enough = all(len(piece.split()) >= LEAST_WORDS for piece in pieces)
            if pattern is _ASKING and _BARE_QUESTION.fullmatch(text, 0, at):
                continue
            if enough and len(found) < MOST_PLACES:
                found.append(at)
    return sorted(found)


def parts_at(text: str, ats: Sequence[int]) -> list[str]:
    """Both parts of a text for each place, one after the other."""
    return [part for at in ats for part in (text[:at], text[at:])]


def divide(ats: Sequence[int], rows: Rows, apart: Matrix) -> TwoWishes | None:
    """The division of a text into the two surest wishes.

    Args:
        ats: where the second part may begin, D places.
        rows: calibrated probabilities of both parts for each place, (2 D, C).
        apart: which intents can be wished for beside which, (C, C).

    Returns:
        None where there is no place.
    """
    best: TwoWishes | None = None
    for place, at in enumerate(ats):
        first, second = rows[2 * place], rows[2 * place + 1]
        both = np.where(apart, np.minimum.outer(first, second), -1.0)  # (C, C)
        one, other = divmod(int(np.argmax(both)), len(second))
        found = TwoWishes((one, other), at, (float(first[one]), float(second[other])))
        if apart[one, other] and (best is None or found.sureness > best.sureness):
            best = found
    return best


def apart_of(names: Sequence[str], lone: str, close: str) -> Matrix:
    """Which intents can be wished for beside which, (C, C).

    Args:
        names: of all intents.
        lone: names of those that are no wish beside another, with spaces between.
        close: pairs ``a+b`` that are one wish, with spaces between.

    Raises:
        ValueError: a name is not one of ``names``.
    """
    apart = ~np.eye(len(names), dtype=np.bool_)
    for name in lone.split():
        index = names.index(name)
        apart[index, :] = apart[:, index] = False
    for pair in close.split():
        one, other = map(names.index, pair.split("+"))
        apart[one, other] = apart[other, one] = False
    return apart


def told_apart(names: Sequence[str], apart: Matrix) -> tuple[str, str]:
    """What `apart_of` makes ``apart`` from: the lone intents, and the close pairs."""
    lone = [name for name, row in zip(names, apart, strict=True) if not row.any()]
    close = [
        f"{names[one]}+{names[other]}"
        for one, other in combinations(range(len(names)), 2)
        if not apart[one, other] and not {names[one], names[other]} & set(lone)
    ]
    return " ".join(lone), " ".join(close)
