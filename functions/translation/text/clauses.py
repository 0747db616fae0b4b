"""Long sentences cut where a clause ends, into pieces as long as those a model is trained on."""

import re

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
    at = _best_cut(words, frozenset(_CONJUNCTIONS.get(language, "").split()), most)
    return [
        *clauses("".join(words[:at]), language, most),
        *clauses("".join(words[at:]), language, most),
    ]


def _best_cut(words: list[str], conjunctions: frozenset[str], most: int) -> int:
    """Before which word to cut: after the strongest sign, near the middle."""
    short = min(SHORT_WORDS, len(words) // 3)
    middle = len(words) / 2
    far = int(STRONGEST * most) + 1  # from the middle no sign is strong enough
    start, end = max(1, short, int(middle) - far), min(len(words) - short, int(middle) + far)
    places = range(start, end + 1)

    def worth(at: int) -> float:
        return _strength(words, at, conjunctions) - abs(at - middle) / most

    return max(places, key=worth)


def _strength(words: list[str], at: int, conjunctions: frozenset[str]) -> float:
    before, word = words[at - 1].rstrip(), words[at].strip().lower().strip(",;")
    joins = word in conjunctions
    if before.endswith((";", ":")):
        return STRONGEST
    if before.endswith(","):
        return 2.5 if joins else 1.5
    return 1.0 if joins else 0.0
