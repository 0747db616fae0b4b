"""Pairs of held-out messages, each in one text, to find out when two wishes are told."""

import random
from collections.abc import Callable, Sequence

from training.intent.examples import OUT_OF_SCOPE
from training.intent.messages import Message
from training.intent.noise import joined

PAIRS = 400


def joined_pairs(
    messages: Sequence[Message], joinable: Callable[[str, str], bool], seed: int
) -> list[Message]:
    """Pairs of messages of one language in one message each."""
    rng = random.Random(seed)
    pairs: list[Message] = []
    inside = [message for message in messages if message.intent != OUT_OF_SCOPE]
    for _ in range(PAIRS * 20):
        one, other = rng.choice(inside), rng.choice(inside)
        if one.language == other.language and joinable(one.intent, other.intent):
            pairs.append(joined(one, other, rng))
        if len(pairs) == PAIRS:
            break
    return pairs
