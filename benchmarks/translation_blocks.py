"""What the timed processes of translation share: the texts, and the protocol.

A process answers each line ``{"size": 8, "beams": 1}`` with the milliseconds and the target
tokens of each batch, by way.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from functions.translation.engine import TASK
from shared.settings import get_settings

DIRECTION, SOURCE, TARGET = "en-de-fr-es", "en", "de"
COUNT = 96
PHRASES = Path(__file__).resolve().parent.parent / "training" / TASK
LONGEST = 200  # target tokens

Way = Callable[[list[str], int], int]  # texts and beams to target tokens


def texts() -> list[str]:
    """Sentences of shops and their customers, in no order of length."""
    lines = [
        line.split("\t")[0]
        for path in sorted(PHRASES.glob("shop_phrases_*.tsv"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return lines[:: len(lines) // COUNT][:COUNT]


def model_folder() -> Path:
    """The folder of the measured model."""
    return get_settings().model_dir(TASK) / DIRECTION


def serve(ways: dict[str, Way]) -> None:
    """Measure as asked on standard input until it ends."""
    everything = texts()
    for line in sys.stdin:
        wanted = json.loads(line)
        size, beams = wanted["size"], wanted["beams"]
        found: dict[str, list[tuple[float, int]]] = {name: [] for name in ways}
        # One way after the other: each with its own weights in the processor's caches.
        for name, way in ways.items():
            for start in range(0, len(everything), size):
                batch = everything[start : start + size]
                before = time.perf_counter()
                tokens = way(batch, beams)
                found[name].append(((time.perf_counter() - before) * 1e3, tokens))
        print(json.dumps(found), flush=True)


def count(rows: Sequence[Sequence[int]]) -> int:
    """Target tokens with their end tokens."""
    return sum(len(row) + 1 for row in rows)
