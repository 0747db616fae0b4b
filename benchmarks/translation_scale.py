"""How does the time of a translation grow with the length of a text and the size of a batch?

python -m benchmarks.translation_scale [--rounds 5]
"""

import argparse
import time
from collections.abc import Callable
from statistics import median

from benchmarks.machine import write
from benchmarks.translation_blocks import SOURCE, TARGET, texts
from functions.translation.schemas import TranslateRequest
from functions.translation.service import get_service

WORDS = (5, 10, 20, 50, 100, 200, 500, 1_000)
SIZES = (1, 2, 4, 8, 16, 32, 64)
WORDS_A_PARAGRAPH = 60


def page(words: int) -> str:
    """A product page of about so many words, of whole sentences in paragraphs."""
    paragraphs: list[list[str]] = [[]]
    left, lines = words, texts()
    while left > 0:
        for line in lines:
            if sum(len(text.split()) for text in paragraphs[-1]) >= WORDS_A_PARAGRAPH:
                paragraphs.append([])
            paragraphs[-1].append(line)
            left -= len(line.split())
            if left <= 0:
                break
    return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs if paragraph)


def timed(call: Callable[[], object], rounds: int) -> float:
    """Median milliseconds, after a call that warms up."""
    call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    return round(median(times), 2)


def main(argv: list[str] | None = None) -> None:
    """Measure and write results/translation_scale.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args(argv).rounds
    found: dict[str, dict[str, dict[str, float]]] = {"words": {}, "texts": {}}
    sentences = texts()
    for beams in (1, 4):
        way = "greedy" if beams == 1 else f"beam {beams}"

        def ask(body: dict[str, object], beams: int = beams) -> Callable[[], object]:
            fields = {**body, "source": SOURCE, "target": TARGET, "beam_size": beams}
            return lambda: get_service().translate([TranslateRequest.model_validate(fields)])

        for words in WORDS:
            text = page(words)
            exact = str(len(text.split()))
            found["words"].setdefault(way, {})[exact] = timed(ask({"text": text}), rounds)
        for size in SIZES:
            batch = sentences[:size]
            found["texts"].setdefault(way, {})[str(size)] = timed(ask({"texts": batch}), rounds)
    path = write("translation_scale", "make bench", {"ms": found})
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
