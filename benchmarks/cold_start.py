"""How long from the start of the process to the first answer? Fresh processes, in turn.

    python -m benchmarks.cold_start --peer-python .venv-train/bin/python

Ours are the built artifacts (`make build`), with nothing else on the path, and the floor: the same
interpreter importing numpy, onnxruntime and tokenizers, opening the same model and running once.
The peer is the same function written with transformers and torch.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.blocks import percentile
from benchmarks.latency import CHECKPOINT, ONE_THREAD
from benchmarks.machine import packages_of, write
from layers.build import target_interpreter

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".aws-sam" / "build"
SERVICES = ("intent", "translation", "recommendation")
CALL = """
import json, sys
from importlib import import_module
event = json.load(open(sys.argv[2]))
module, name = sys.argv[1].rsplit(".", 1)
answer = getattr(import_module(module), name)(event, type("C", (), {"aws_request_id": "c"})())
assert answer.get("statusCode", 200) == 200 and not answer.get("batchItemFailures")
"""
FLOOR = """
import sys
import numpy, onnxruntime
from tokenizers import Tokenizer
folder = sys.argv[1]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
session = onnxruntime.InferenceSession(f"{folder}/model.onnx", options)
ids = numpy.array([Tokenizer.from_file(f"{folder}/tokenizer.json").encode("where is my order").ids])
session.run(None, {"input_ids": ids, "attention_mask": numpy.ones_like(ids)})
"""


def commands(peer_python: str) -> dict[str, list[str]]:
    """Command by name of what is started."""
    python = target_interpreter() or sys.executable
    isolated = [python, "-s", "-c"]
    events = ROOT / "events"
    ours = {
        f"{service} {entry}": [
            *(*isolated, CALL, f"functions.{service}.{entry}.handler"),
            str(events / f"{service}_{kind}.json"),
        ]
        for service in SERVICES
        for entry, kind in (("worker", "sqs"), ("api", "http"))
    }
    return {
        "floor": [*isolated, FLOOR, str(BUILD / "ModelsLayer/models/intent")],
        **ours,
        "transformers function": [
            *(peer_python, "-s", "-c", CALL),
            *("benchmarks.peers.transformers_function.handler", str(events / "intent_http.json")),
        ],
    }


def environment(name: str, checkpoint: str) -> dict[str, str]:
    """Ours see only what was built; the peer sees its packages and the checkout."""
    env = {**os.environ, **ONE_THREAD, "CHECKPOINT": checkpoint, "HF_HUB_OFFLINE": "1"}
    if not name.startswith(SERVICES):
        return env | {"PYTHONPATH": str(ROOT)}
    function = "".join(part.capitalize() for part in name.split())
    parts = [BUILD / function, BUILD / "RuntimeLayer/python", BUILD / "SharedLayer/python"]
    parts.append(BUILD.parent / "lambda")  # boto3, which Lambda's Python has of its own
    env["PYTHONPATH"] = os.pathsep.join(map(str, parts))
    env |= {"RESULTS_TABLE": "", "HISTORY_TABLE": ""}
    return env | {"MODELS_DIR": str(BUILD / "ModelsLayer/models")}


def start_once(command: list[str], env: dict[str, str], folder: Path) -> float:
    """Milliseconds from start to end of a fresh process that answers one event."""
    run = time.monotonic_ns()
    databases = {
        f"{name.upper()}_DB": f"{folder}/{name}-{run}.db"
        for name in ("results", "history", "queues")
    }
    env = env | databases
    started = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=folder)
    elapsed_ms = (time.perf_counter() - started) * 1e3
    if done.returncode:
        raise RuntimeError(f"{command} failed:\n{done.stderr}")
    return elapsed_ms


def main(argv: list[str] | None = None) -> None:
    """Measure and write results/cold_start.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer-python", default=".venv-train/bin/python")
    parser.add_argument("--checkpoint", default=CHECKPOINT)
    parser.add_argument("--rounds", type=int, default=20)
    args = parser.parse_args(argv)
    peer = str(Path(args.peer_python).absolute())
    checkpoint = str(Path(args.checkpoint).absolute())
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for round_number in range(args.rounds + 1):
            for name, command in commands(peer).items():
                elapsed = start_once(command, environment(name, checkpoint), Path(folder))
                if round_number:
                    times.setdefault(name, []).append(elapsed)
    ways = {
        name: {
            "p50_ms": round(median(values), 1),
            "p90_ms": round(percentile(values, 0.9), 1),
            "starts": len(values),
        }
        for name, values in times.items()
    }
    path = write(
        "cold_start",
        "make bench",
        {"page_cache": "warm", "peer_packages": packages_of(peer), "ways": ways},
    )
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
