"""How does the time of an intent grow with the words of a text and the number of texts?

python -m benchmarks.intent_scale [--rounds 50]
"""

import argparse
import time
from itertools import chain, cycle, islice
from typing import Any

from benchmarks.blocks import summary
from benchmarks.machine import write
from benchmarks.texts import messages
from functions.intent.schemas import IntentRequest
from functions.intent.service import get_service
from shared.errors import LimitExceeded

WORDS = (1, 2, 4, 8, 16, 32, 64, 96, 128, 256)
SIZES = (1, 2, 4, 8, 16, 32, 64)
WARM_UP_S = 0.02

Body = dict[str, Any]


def from_message(start: int) -> list[str]:
    """All messages, from the one of a number on and round."""
    everything = messages()
    place = start % len(everything)
    return everything[place:] + everything[:place]


def text_of(words: int, start: int) -> str:
    """So many words: the first of a message, and of those after it where it is too short."""
    found = chain.from_iterable(message.split() for message in cycle(from_message(start)))
    return " ".join(islice(found, words))


def requests(start: int) -> dict[tuple[str, int], Body]:
    """A request of each length and of each size, by what is varied and its number."""
    return {
        **{("words", words): {"text": text_of(words, start)} for words in WORDS},
        **{("texts", size): {"texts": from_message(start)[:size]} for size in SIZES},
    }


def timed_ms(body: Body) -> float | None:
    """Milliseconds of a request, from its JSON fields; None where it is longer than is taken."""
    start = time.perf_counter()
    try:
        get_service().classify([IntentRequest.model_validate(body)])
    except LimitExceeded:
        return None
    return (time.perf_counter() - start) * 1e3


def warm_up(body: Body) -> None:
    """Ask once or more: after a large batch the caches of the processor are full of others."""
    end_s = time.perf_counter() + WARM_UP_S
    timed_ms(body)
    while time.perf_counter() < end_s:
        timed_ms(body)


def figures(times: list[float | None], texts: int) -> dict[str, Any]:
    """Of the requests that were answered, and how many were too long."""
    answered = [value for value in times if value is not None]
    found: dict[str, Any] = {"too_long": len(times) - len(answered)}
    if answered:
        found |= summary(answered)
        found["texts_per_s"] = round(texts * 1e3 / found["p50_ms"], 1)
    return found


def main(argv: list[str] | None = None) -> None:
    """Measure and write results/intent_scale.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=50)
    rounds = parser.parse_args(argv).rounds
    times: dict[tuple[str, int], list[float | None]] = {}
    before = requests(0)
    for start in range(1, rounds + 1):  # every size in turn, so that a drift meets all alike
        for key, body in requests(start).items():
            warm_up(before[key])
            times.setdefault(key, []).append(timed_ms(body))
        before = requests(start)
    scale: dict[str, dict[str, Any]] = {"words": {}, "texts": {}}
    for (kind, number), values in times.items():
        scale[kind][str(number)] = figures(values, number if kind == "texts" else 1)
    path = write("intent_scale", "make bench", {"scale": scale})
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
