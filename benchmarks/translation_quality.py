"""BLEU and chrF of the served translation models on the tuning sets, int8 beside fp32.

    .venv-train/bin/python -m benchmarks.translation_quality --data-dir DIR

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
from shared.models.folder import model_folders
from shared.settings import get_settings
from training.translation.data import read_file
from training.translation.evaluate import BEAMS
from training.translation.scores import measure


def evaluate(folder: Path, data_dir: Path) -> dict[str, Any]:
    """Figures of one model on every set of mt/dev that it serves."""
    model = MarianModel.load(folder)
    spec = model.spec
    # Training compares both precisions on a sample of a large set; figures of other rows differ.
    stated = {(m.dataset, m.precision, m.rows): m.values for m in spec.metrics}
    rows = {}
    for path in sorted((data_dir / "mt" / "dev").glob("*.tsv.gz")):
        name, _, direction = path.name.removesuffix(".tsv.gz").rpartition(".")
        pair = direction.split("-")
        source, target = pair if pair[0] in spec.languages else pair[::-1]
        pairs = read_file(path, [source], [target])
        for beams in BEAMS:
            metric = measure(f"{name} {source}-{target}", "tuning", "int8", model, pairs, beams)
            fp32 = stated.get((metric.dataset, "fp32", metric.rows))
            rows[metric.dataset] = {"rows": metric.rows, "int8": metric.values, "fp32": fp32}
    return rows


def main() -> None:
    """Evaluate and write results/translation_quality.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data-dir", type=Path, required=True)
    args = parser.parse_args()
    folder = get_settings().model_dir(TASK)
    models = {
        name: evaluate(path, args.data_dir)
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
        "translation_quality", "python -m benchmarks.translation_quality --data-dir DIR", result
    )
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
