"""Does the model rank better than counts? Trainings from the public data, three seeds for Beauty.

.venv-train/bin/python -m benchmarks.recommendation_quality --data-dir DATA_DIR [--keep-beauty]

Figures are those that publishing writes to spec.json: of the served graphs, fp32 and int8, ranking
the whole catalogue, on baskets held out by user.
"""

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.machine import load, write
from shared.models.spec import read_spec
from shared.settings import get_settings

SEEDS = (0, 1, 2)
# Not trained on the validation items, as in the published figures.
BEAUTY = "--dataset beauty --epochs 20 --dropout 0.3 --averaging 0.998 --threads 1 --no-refit"
COLD_SHARE = 0.1
SHOWN = 10  # of all items, among which those that nobody had yet are counted
WORK = Path("build/models")


def figures(folder: Path) -> dict[str, Any]:
    """What a folder's spec states of all test cases, by how they were ranked."""
    spec = read_spec(folder)
    whole = [m for m in spec.metrics if "coverage@10" in m.values]
    return {
        "model": spec.identifier,
        "command": spec.training["command"],
        "epochs": spec.training["epochs"],
        "users": whole[0].rows,
        "ranked_by": {metric.precision: metric.values for metric in whole},
        "ten_best_differing": spec.fidelity[0].differing / spec.fidelity[0].compared,
    }


def train_beauty(data_dir: Path, seed: int) -> dict[str, Any]:
    """One training on Beauty, or the figures of the one that is there."""
    out = WORK / f"beauty-{seed}"
    if not (out / "spec.json").exists():
        command = [sys.executable, "-m", "training.recommendation", *shlex.split(BEAUTY)]
        command += ["--data-dir", str(data_dir), "--seed", str(seed), "--out", str(out)]
        subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return figures(out)


def beauty(data_dir: Path, seeds: Sequence[int]) -> dict[str, Any]:
    """Means of several trainings on Beauty."""
    runs = [train_beauty(data_dir, seed) for seed in seeds]
    ways = {
        way: {
            name: round(mean(run["ranked_by"][way][name] for run in runs), 4)
            for name in runs[0]["ranked_by"][way]
        }
        for way in runs[0]["ranked_by"]
    }
    today = datetime.now(UTC).date().isoformat()
    return {"seeds": list(seeds), "date": today, "mean": ways, "runs": runs}


def last_beauty() -> dict[str, Any]:
    """What was written the last time, with the day that it is of."""
    before = load("recommendation_quality")
    if before is None:
        raise SystemExit("--keep-beauty: nothing was measured yet; leave the option out.")
    kept: dict[str, Any] = before["beauty"]
    return {"date": before["date"]} | kept


def cold_items(data_dir: Path) -> dict[str, Any]:
    """Can items be ranked by their titles alone?

    A tenth of the items lose their trained vectors and get those that their titles give. Ranked are
    only these items, for the customers whose test basket holds one, by the trained vectors, by the
    titles' (with what E5 makes of them, and by their words alone), and by none (all alike, so in
    the order of the catalogue). How wanted an item is on the whole no title tells: the titles'
    vectors are shown with that of the trained ones too. And of all items: what share of the ten
    best are these, beside others that are trained?
    """
    import numpy as np

    from functions.recommendation.model import RecommendationModel
    from training.recommendation.aligning import Baskets
    from training.recommendation.datasets import online_retail
    from training.recommendation.interactions import split
    from training.recommendation.measures import rank_metrics_of
    from training.recommendation.served import events_of
    from training.recommendation.texts import base_of
    from training.recommendation.titles import Texts, place_items, words_alone

    model = RecommendationModel.load(get_settings().model_dir("recommendation"))
    count = model.count
    cold = np.random.default_rng(0).random(count) < COLD_SHARE
    vectors, biases = model.vectors(range(count)), np.zeros(count, np.float32)
    data = online_retail(data_dir)
    texts = Texts.of(data.catalogue, base_of(None))
    counts = np.where(cold, 0, model.catalogue.popularity).astype(np.int64)

    def states_of(cases: Sequence[Any]) -> Any:
        return np.concatenate([model.encode([events_of(c, timed=True)])[0] for c in cases])

    parts = split(data)
    baskets = Baskets(states_of(parts.validation), [case.basket for case in parts.validation])
    placed = {
        name: place_items(given, vectors, biases, counts, baskets=known)[0]
        for name, given, known in (
            ("titles", texts, baskets),
            ("titles, not aligned", texts, None),
            ("words alone", words_alone(texts.lines), baskets),
        )
    }
    cases = [c for c in parts.test if cold[c.basket].any()]
    states = states_of(cases)
    rows = np.flatnonzero(cold)
    wanted = [np.flatnonzero(np.isin(rows, case.basket)) for case in cases]
    mean = states.mean(axis=0)
    wish = (vectors - placed["titles"]) @ mean / (mean @ mean)  # (N,)
    wanted_too = {"titles, and how wanted each is": placed["titles"] + wish[:, None] * mean}
    nothing = {"nothing": np.zeros_like(vectors)}
    ways = {"trained vectors": vectors} | wanted_too | placed | nothing
    found = {}
    for name, table in ways.items():
        of_all = np.where(cold[:, None], table, vectors)
        best = np.argpartition(-(states @ of_all.T), SHOWN, axis=1)[:, :SHOWN]
        found[name] = rank_metrics_of(states @ table[rows].T, wanted)
        found[name]["shown"] = round(float(cold[best].mean()), 4)
    return {"items": len(rows), "users": len(cases), "ranked_by": found}


def main() -> None:
    """Measure and write results/recommendation_quality.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument(
        "--keep-beauty", action="store_true", help="leave Beauty as it was measured the last time"
    )
    args = parser.parse_args()
    kept = args.keep_beauty
    result = {
        "online_retail": figures(get_settings().model_dir("recommendation")),
        "cold": cold_items(args.data_dir),
        "beauty": last_beauty() if kept else beauty(args.data_dir, args.seeds),
    }
    command = "python -m benchmarks.recommendation_quality --data-dir DATA_DIR"
    command += " --keep-beauty" if kept else ""
    print(f"wrote {write('recommendation_quality', command, result).name}")


if __name__ == "__main__":
    main()
