"""What do promotions, boosts and groups add to a recommendation?

python -m benchmarks.recommendation_controls

Processor time of the thread that answers, of which other work on the machine takes none; the ways
take turns.
"""

import atexit
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks.arguments import parser
from benchmarks.latency import ONE_THREAD
from benchmarks.machine import write
from benchmarks.recommendation_blocks import HISTORY, K, batches, controls_of, requests_of

SIZES = (1, 64)
ROUNDS = 12
WAYS = {
    "none": (),
    "a promotion": ("promotions",),
    "a boost": ("boosts",),
    "one item per group": ("one_per",),
    "all three": ("promotions", "boosts", "one_per"),
}


def processor_ms(service: Any, batched: Sequence[Sequence[Any]]) -> list[float]:
    """Milliseconds of each batch of requests."""
    times = []
    for requests in batched:
        start_s = time.thread_time()
        service.rank(requests)
        times.append((time.thread_time() - start_s) * 1e3)
    return times


def measure(size: int) -> dict[str, float]:
    """The median of each way."""
    from functions.recommendation.service import get_service

    service = get_service()
    ids = service.model.catalogue.ids
    controls = controls_of(ids)
    plain = [requests_of([int(line) for line in lines], ids) for lines in batches(size)]
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    for round_number in range(ROUNDS + 1):
        for way, names in WAYS.items():
            update = {name: controls[name] for name in names}
            asked = [[it.model_copy(update=update) for it in requests] for requests in plain]
            found = processor_ms(service, asked)
            if round_number:  # the first one warms up
                times[way] += found
    return {way: round(median(values), 4) for way, values in times.items()}


def main() -> None:
    """Measure and write results/recommendation_controls.json."""
    logging.disable(logging.INFO)
    scratch = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, scratch)  # after the stores, which are opened later
    os.environ |= {**ONE_THREAD, "HISTORY_DB": f"{scratch}/history.db"}
    found = {str(size): measure(size) for size in SIZES}
    result = {"history": HISTORY, "k": K, "processor_ms": found}
    command = "python -m benchmarks.recommendation_controls"
    print(f"wrote {write('recommendation_controls', command, result).name}")


if __name__ == "__main__":
    parser(__doc__).parse_args()
    main()
