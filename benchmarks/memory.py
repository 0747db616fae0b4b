"""How much memory does a warm handler hold, and how much does each part of a start take?

python -m benchmarks.memory
"""

import json
import subprocess
import sys
import tempfile

from benchmarks.cold_start import BUILD, ROOT, environment
from benchmarks.machine import write
from layers.build import target_interpreter
from layers.sizes import size_bytes

CALLS = 200
MEASURE = """
import json, sys
from importlib import import_module
events = [json.load(open(path)) for path in sys.argv[2:]]
module, name = sys.argv[1].rsplit(".", 1)
handler = getattr(import_module(module), name)
context = type("C", (), {"aws_request_id": "m"})()
for _ in range(CALLS):
    for event in events:
        handler(event, context)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
for key in ("VmRSS", "VmHWM"):
    print(key, int(status[key].split()[0]) * 1024, file=sys.stderr)
"""


def resident(service: str, entry: str, events: list[str]) -> dict[str, float]:
    """Resident set in MB after `CALLS` rounds over ``events``, and at its peak."""
    python = target_interpreter() or sys.executable
    paths = [str(ROOT / "events" / event) for event in events]
    command = [python, "-s", "-c", MEASURE.replace("CALLS", str(CALLS))]
    command += [f"functions.{service}.{entry}.handler", *paths]
    with tempfile.TemporaryDirectory() as folder:
        databases = {
            f"{name.upper()}_DB": f"{folder}/{name}.db" for name in ("results", "history", "queues")
        }
        env = environment(f"{service} {entry}", "") | databases
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, cwd=folder, check=True
        )
    lines = [line.split() for line in done.stderr.splitlines() if line.startswith("Vm")]
    found = {key: round(int(value) / 1e6, 1) for key, value in lines}
    return {"resident_mb": found["VmRSS"], "peak_mb": found["VmHWM"]}


def main(argv: list[str] | None = None) -> None:
    """Measure and write results/memory.json."""
    del argv
    requests = {
        "intent": ["http", "http_batch", "http_explain"],
        "translation": ["http", "http_batch", "http_html", "http_alternatives", "http_pivot"],
        "recommendation": ["http", "http_user", "http_filter", "http_explain", "http_similar"],
    }
    ways = {}
    for service, kinds in requests.items():
        for entry, events in (("api", kinds), ("worker", ["sqs"])):
            names = [f"{service}_{kind}.json" for kind in events]
            ways[f"{service} {entry}"] = resident(service, entry, names)
    parts = {p.name: round(size_bytes(p) / 2**20, 1) for p in sorted(BUILD.iterdir()) if p.is_dir()}
    path = write("memory", "make bench", {"resident": ways, "unzipped_mib": parts})
    print(f"wrote {path.name}: {json.dumps(ways)}")


if __name__ == "__main__":
    main()
