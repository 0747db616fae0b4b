"""Are similar items alike? Prints items drawn at random with the most similar ones, to be read.

python -m benchmarks.recommendation_seeds --model build/models/first-day
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from functions.recommendation.history import SqliteHistoryStore
from functions.recommendation.item_requests import SimilarRequest
from functions.recommendation.model import RecommendationModel
from functions.recommendation.service import RecommendationService

SEEDS, SHOWN = 100, 3


def main() -> None:
    """Print a line for each seed: its title, then those of the most similar items."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", type=Path, required=True, help="a served folder")
    model = RecommendationModel.load(parser.parse_args().model)
    ids, titles = model.catalogue.ids, model.catalogue.titles
    count = min(SEEDS, len(ids))
    with tempfile.TemporaryDirectory() as scratch:
        service = RecommendationService(model, SqliteHistoryStore(Path(scratch) / "h.db", 60))
        for row in np.random.default_rng(1).choice(len(ids), count, replace=False):
            found = service.similar(SimilarRequest(item_id=ids[row], k=SHOWN))
            print(titles[row], "=>", " | ".join(item.title for item in found.items))


if __name__ == "__main__":
    main()
