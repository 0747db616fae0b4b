"""How long from the start of the process to the first answer? Fresh processes, in turn.

    python -m benchmarks.cold_start --peer-python .venv-train/bin/python
    python -m benchmarks.cold_start --without-peer --warm-only

Every process runs Lambda's own runtime client (awslambdaric), which asks a Runtime API
(`benchmarks.runtime_api`) for one event and posts the answer. Ours are the built artifacts
(`make build`) with nothing else on the path; the floor (`benchmarks.floor`) is what no function
over the same model can do without; the peer is the same function with transformers and torch.
Measured with the files in the page cache and, as root, without them. Without the peer the figures
are a result of their own.
"""

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.blocks import percentile
from benchmarks.built import (
    ENTRIES,
    EVENTS,
    FLOOR,
    ROOT,
    SERVICES,
    environment,
    handler_and_event,
    interpreter,
    with_stores,
)
from benchmarks.latency import ONE_THREAD
from benchmarks.ledger import ledger
from benchmarks.machine import packages_of, write
from benchmarks.runtime_api import Start, start

PEER = "transformers function"
PEER_HANDLER = "benchmarks.peers.transformers_function.handler"
DROP_CACHES = Path("/proc/sys/vm/drop_caches")


def starter(name: str, peer_python: str, checkpoint: str) -> Callable[[Path], Start]:
    """What starts the process ``name`` once, in a folder, and checks its answer."""
    if name == PEER:
        handler, event = PEER_HANDLER, EVENTS / "intent_http.json"
        env = {**os.environ, **ONE_THREAD, "CHECKPOINT": checkpoint, "HF_HUB_OFFLINE": "1"}
        python, env = [peer_python, "-s"], env | {"PYTHONPATH": str(ROOT)}
    else:
        handler, event = handler_and_event(name)
        python, env = interpreter(), environment(name)
    command, body = [*python, "-m", "awslambdaric", handler], event.read_bytes()

    def once(folder: Path) -> Start:
        started = start(command, with_stores(env, folder), body, folder)
        answer = json.loads(started.answer)
        if answer.get("statusCode", 200) != 200 or answer.get("batchItemFailures"):
            raise RuntimeError(f"{name} answered {answer}")
        return started

    return once


def drop_page_cache() -> bool:
    """Forget every file that is in memory; False where this is not permitted."""
    os.sync()
    try:
        DROP_CACHES.write_text("3")
    except OSError:
        return False
    return True


def summary(starts: list[Start]) -> dict[str, Any]:
    """Percentiles of the time to the answer; medians of the rest."""
    answers = [found.answer_ms for found in starts]
    return {
        "p50_ms": round(median(answers), 1),
        "p90_ms": round(percentile(answers, 0.9), 1),
        "init_ms": round(median(found.init_ms for found in starts), 1),
        "cpu_ms": round(median(found.cpu_ms for found in starts), 1),
        "starts": len(starts),
    }


def measure(
    starters: Mapping[str, Callable[[Path], Start]], rounds: int, *, dropped: bool
) -> dict[str, dict[str, Any]]:
    """Starts of all, in turn; the first round, which fills the page cache, does not count."""
    found: dict[str, list[Start]] = {name: [] for name in starters}
    for number in range(rounds + 1):
        for name, once in starters.items():
            with tempfile.TemporaryDirectory() as folder:
                if dropped and not drop_page_cache():
                    return {}
                started = once(Path(folder))
            if number or dropped:
                found[name].append(started)
    return {name: summary(starts) for name, starts in found.items()}


def written_checkpoint(peer_python: str) -> str:
    """A folder with the served model's weights as the peer reads them."""
    folder = tempfile.mkdtemp(prefix="checkpoint-")
    command = [peer_python, "-m", "benchmarks.peers.checkpoint", folder]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


def main(argv: list[str] | None = None) -> None:
    """Measure and write results/cold_start.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer-python", default=".venv-train/bin/python")
    parser.add_argument("--checkpoint", help="of the peer (default: the served model's weights)")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument(
        "--warm-only", action="store_true", help="neither without the page cache nor the ledger"
    )
    parser.add_argument("--without-peer", action="store_true", help="results/cold_start_served")
    args = parser.parse_args(argv)
    peer = str(Path(args.peer_python).absolute())
    checkpoint = args.checkpoint or ("" if args.without_peer else written_checkpoint(peer))
    checkpoint = str(Path(checkpoint).absolute())
    entries = [f"{service} {entry}" for service in SERVICES for entry in ENTRIES]
    floors = [f"{service} {FLOOR}" for service in SERVICES]
    peers = () if args.without_peer else (PEER,)
    starters = {name: starter(name, peer, checkpoint) for name in (*floors, *entries, *peers)}
    warm = measure(starters, args.rounds, dropped=False)
    result: dict[str, Any] = {"ways": warm}
    if peers:
        result["peer_packages"] = packages_of(peer)
    if not args.warm_only:
        dropped = measure(starters, args.rounds - 1, dropped=True)
        result["dropped"] = dropped or "not measured: only root may drop the page cache"
        result["ledger"] = {name: ledger(name) for name in entries}
    if args.without_peer:
        command = "python -m benchmarks.cold_start --without-peer"
        path = write("cold_start_served", command + " --warm-only" * args.warm_only, result)
    else:
        path = write("cold_start", "make bench", result)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
