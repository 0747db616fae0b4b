"""What the dictionary costs of a sentence's time: with it and without it, in turn, on one thread.

    python -m benchmarks.translation_dictionary

RESULTS.md has what it gains, by `python -m benchmarks.translation_quality`. Texts are the English
ones of ``translation_read.jsonl``, into German, each alone; the first round does not count.
"""

import argparse
import json
import time
from statistics import median

from benchmarks.machine import write
from benchmarks.translation_read import READ
from functions.translation.decoding.model import MarianModel
from functions.translation.engine import TASK
from functions.translation.translator import DEFAULT_BEAMS, Sentence, Translator
from shared.models.folder import model_folders
from shared.settings import get_settings

SOURCE, TARGET = "en", "de"
WAYS = {"without the dictionary": None, "with the dictionary": SOURCE}


def texts() -> list[str]:
    """English ones of one line."""
    rows = [json.loads(line) for line in READ.read_text(encoding="utf-8").splitlines()]
    found = dict.fromkeys(row["text"] for row in rows if row["source"] == SOURCE)
    return [text for text in found if "\n" not in text]


def measured(model: MarianModel, beams: int, rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each way."""
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for number in range(rounds + 1):
        for text in texts():
            for name, source in WAYS.items():
                translator = Translator(model, TARGET, source)
                start = time.perf_counter()
                translator.translate([Sentence(text)], beams)
                if number:
                    times[name].append((time.perf_counter() - start) * 1e3)
    return {
        name: {"p50_ms": round(median(found), 1), "mean_ms": round(sum(found) / len(found), 1)}
        for name, found in times.items()
    }


def main() -> None:
    """Measure and write results/translation_dictionary.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    folder = next(iter(model_folders(get_settings().model_dir(TASK)).values()))
    model = MarianModel.load(folder, 1)
    result = {
        "model": model.spec.identifier,
        "texts": len(texts()),
        "searches": {
            str(beams): measured(model, beams, args.rounds) for beams in (1, DEFAULT_BEAMS)
        },
    }
    path = write("translation_dictionary", "python -m benchmarks.translation_dictionary", result)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
