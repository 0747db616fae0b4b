"""Long sentences cut where a clause ends, into pieces as long as those a model is trained on."""

import re
from collections.abc import Iterator
from itertools import pairwise

PIECE_WORDS = 20  # that a piece should at most have
SHORT_WORDS = 8  # that a piece should at least have
STRONGEST = 3.0
_CONJUNCTIONS = {
    "en": "and but because so or which that who when if although though while until where then "
    "whether unless since before after",
    "de": "und aber weil sondern denn oder dass ob wenn als obwohl damit nachdem bevor bis während "
    "deshalb also sowie",
    "fr": "et mais parce car donc ou qui que quand si lorsque puis alors afin pour dont où",
    "es": "y pero porque así que o cuando si aunque para donde mientras además ya pues como",
    "pt": "e mas porque então que ou quando se embora para onde enquanto além",
}
_SPACE = re.compile(r"\s+")


def clauses(core: str, language: str, most: int = PIECE_WORDS) -> list[str]:
    """The sentence in pieces, each with the space after it; together they are the sentence."""
    words = re.findall(r"\S+\s*", core)
    if len(words) <= most:
        return [core]
    return ["".join(words[start:end]) for start, end in _pieces(words, language, most)]


def _pieces(words: list[str], language: str, most: int) -> Iterator[tuple[int, int]]:
    """First word of each piece, and the one after its last."""
    conjunctions = frozenset(_CONJUNCTIONS.get(language, "").split())
    strengths = [0.0, *(_strength(*beside, conjunctions) for beside in pairwise(words))]
    open_ends = [len(words)]
    start = 0
    while open_ends:
        if open_ends[-1] - start <= most:
            yield start, open_ends[-1]
            start = open_ends.pop()
        else:
            open_ends.append(start + _best_cut(strengths[start : open_ends[-1]], most))


def _best_cut(strengths: list[float], most: int) -> int:
    """Before which of as many words to cut: after the strongest sign, near the middle."""
    count = len(strengths)
    short = min(SHORT_WORDS, count // 3)
    middle = count / 2
    far = int(STRONGEST * most) + 1  # from the middle no sign is strong enough
    start, end = max(1, short, int(middle) - far), min(count - short, int(middle) + far)
    return max(range(start, end + 1), key=lambda at: strengths[at] - abs(at - middle) / most)


def _strength(before: str, word: str, conjunctions: frozenset[str]) -> float:
    """How strong a sign it is between two words that a clause ends there."""
    before, word = before.rstrip(), word.strip().lower().strip(",;")
    joins = word in conjunctions
    if before.endswith((";", ":")):
        return STRONGEST
    if before.endswith(","):
        return 2.5 if joins else 1.5
    return 1.0 if joins else 0.0
