"""Pairs without English, made of lines that share their English side."""

from collections.abc import Iterable, Sequence
from itertools import permutations

from training.translation.pairs import Pair

PIVOT = "en"
MOST_WORDS = 40  # of the English side: longer ones are seldom there in several languages


def between(pairs: Iterable[Pair], sources: Sequence[str], targets: Sequence[str]) -> list[Pair]:
    """Each two translations of one English line, in every direction that is asked for.

    Of several translations into one language, the first counts. A line of one word has too many
    meanings: what two languages make of it may differ.

    Args:
        pairs: from or into English.
        sources: codes to translate from.
        targets: codes to translate into.
    """
    lines: dict[str, dict[str, str]] = {}
    for pair in pairs:
        one = pair if pair.source_language == PIVOT else pair.reverse()
        if one.source_language == PIVOT and 1 < len(one.source.split()) <= MOST_WORDS:
            lines.setdefault(one.source, {}).setdefault(one.target_language, one.target)
    return [
        Pair(texts[source], texts[target], source, target)
        for texts in lines.values()
        for source, target in permutations(sorted(texts), 2)
        if source in sources and target in targets
    ]
