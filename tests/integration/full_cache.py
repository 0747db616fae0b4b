"""Run by test_faults.py in a process whose cache of models is on a disk of 4 MB.

python -m tests.integration.full_cache MODEL TOO LARGE ... prints what came of each, as JSON
"""

import json
import os
import sys
from pathlib import Path

from shared.errors import ServiceError
from shared.locations import parse_location
from shared.models.folder import hash_file
from shared.models.store import local_folder


def fetch(name: str) -> list[object]:
    """The weights' hash; or the kind of error, and whether it may pass."""
    try:
        folder = local_folder(parse_location(f"s3://models/{name}"))
    except ServiceError as error:
        return [error.code, error.retryable]
    return [hash_file(folder / "weights.bin")]


def main(large: str, small: str) -> dict[str, object]:
    """Fetch one that the disk cannot hold, then one that it can."""
    cache = Path(os.environ["DISK"]) / "cache"
    found = {"large": fetch(large)}
    left = [path.name for path in cache.iterdir() if path.name != ".lock"]
    return {**found, "left": left, "small": fetch(small)}


if __name__ == "__main__":
    os.environ["MODEL_CACHE_DIR"] = f"{os.environ['DISK']}/cache"
    print(json.dumps(main(*sys.argv[1:])))
