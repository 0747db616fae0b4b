"""BLEU and chrF of the served translation models on the tuning sets, int8 beside fp32.

With beams, int8 also with the dictionary where the model uses it, as it is served.

    .venv-train/bin/python -m benchmarks.translation_quality --data-dir DIR [--most 1000]

Runs in the training environment. The int8 figures are of the folders that serving loads, the fp32
ones are those that spec.json states, of the graphs that training compared them with.
"""

import argparse
from pathlib import Path
from typing import Any

from sacrebleu.metrics import BLEU, CHRF

from benchmarks.machine import write
from functions.translation.decoding.model import MarianModel
from functions.translation.engine import TASK
from functions.translation.translator import DICTIONARY_WEIGHT
from shared.models.folder import model_folders
from shared.settings import get_settings
from training.translation.data import by_direction
from training.translation.evaluate import BEAMS, TestSet
from training.translation.scores import measure


def evaluate(folder: Path, data_dir: Path, most: int | None) -> dict[str, Any]:
    """Figures of one model on every set of mt/dev, in every direction that it serves.

    Args:
        folder: of the model.
        data_dir: that holds mt/.
        most: lines of a set; larger ones are sampled. None for all.
    """
    model = MarianModel.load(folder)
    spec = model.spec
    # Training compares both precisions on a sample of a large set; figures of other rows differ.
    stated = {(m.dataset, m.precision, m.rows): m.values for m in spec.metrics}
    rows = {}
    sets = by_direction(
        sorted((data_dir / "mt" / "dev").glob("*.tsv*")), spec.languages, spec.targets
    )
    for name, pairs in sets.items():
        chosen = TestSet(name, "tuning", pairs).sample(most or len(pairs)).pairs
        for beams in BEAMS:
            metric = measure(name, "tuning", "int8", model, chosen, beams)
            fp32 = stated.get((metric.dataset, "fp32", metric.rows))
            found = {"rows": metric.rows, "int8": metric.values, "fp32": fp32}
            if beams > 1 and spec.parameters.get(DICTIONARY_WEIGHT):
                served = measure(name, "tuning", "int8", model, chosen, beams, dictionary=True)
                found["with_dictionary"] = served.values
            rows[metric.dataset] = found
    return rows


def main() -> None:
    """Evaluate and write results/translation_quality.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--most", type=int, help="lines of each set (default: all)")
    args = parser.parse_args()
    folder = get_settings().model_dir(TASK)
    models = {
        name: evaluate(path, args.data_dir, args.most)
        for name, path in model_folders(folder).items()  # without former models
    }
    bleu, chrf = BLEU(), CHRF()
    for metric in (bleu, chrf):
        metric.corpus_score(["a"], [["a"]])
    result = {
        "signatures": {"bleu": str(bleu.get_signature()), "chrf": str(chrf.get_signature())},
        "models": models,
    }
    path = write(
        "translation_quality",
        "python -m benchmarks.translation_quality --data-dir DIR"
        + (f" --most {args.most}" if args.most else ""),
        result,
    )
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
