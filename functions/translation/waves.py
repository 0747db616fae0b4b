"""Requests of a batch a few at a time, so that one that takes too long costs the others nothing.

Small requests come first. How long the next ones will take is told by how long those before them
took; what would not end in the invocation's time is not begun, and its message alone comes again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from functions.translation.schemas import TranslateRequest
from shared.errors import DeadlineNear, ServiceError
from shared.process.deadline import RESERVE_MS, remaining_ms

CHARACTERS_AT_ONCE = 10_000  # of the texts of one wave, but for a single larger request
FEWEST_TO_MEASURE = 1_000  # characters: fewer take as long as these where a model has to be opened

Outcome = TypeVar("Outcome")
Translate = Callable[[Sequence[TranslateRequest]], Sequence[Outcome | ServiceError]]


def in_waves(
    requests: Sequence[TranslateRequest], translate: Translate[Outcome]
) -> list[Outcome | ServiceError]:
    """Outcomes in the requests' order.

    Args:
        requests: of one batch.
        translate: answers some of them; where it raises that the time is up, all of them go back.
    """
    outcomes: dict[int, Outcome | ServiceError] = {}
    slowest_ms = 0.0  # of a character, so far
    for wave in waves(requests):
        some = [requests[place] for place in wave]
        characters = sum(map(_characters, some))
        started_s, left_ms = time.monotonic(), remaining_ms()
        if outcomes and left_ms - RESERVE_MS < slowest_ms * characters:
            outcomes |= dict.fromkeys(wave, DeadlineNear(left_ms))
            continue
        try:
            found = translate(some)
        except DeadlineNear as error:
            found = [error] * len(some)
        outcomes |= dict(zip(wave, found, strict=True))
        took_ms = (time.monotonic() - started_s) * 1e3
        slowest_ms = max(slowest_ms, took_ms / max(FEWEST_TO_MEASURE, characters))
    return [outcomes[place] for place in range(len(requests))]


def waves(requests: Sequence[TranslateRequest]) -> Iterator[list[int]]:
    """Places of requests that are answered together, the smallest first."""
    sizes = list(map(_characters, requests))
    wave: list[int] = []
    total = 0
    for place in sorted(range(len(sizes)), key=sizes.__getitem__):
        if wave and total + sizes[place] > CHARACTERS_AT_ONCE:
            yield wave
            wave, total = [], 0
        wave.append(place)
        total += sizes[place]
    if wave:
        yield wave


def _characters(request: TranslateRequest) -> int:
    return sum(map(len, request.all_texts))
