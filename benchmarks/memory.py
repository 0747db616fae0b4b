"""How much memory does a warm handler hold, and how large is what is deployed?

python -m benchmarks.memory
"""

import json
import subprocess
import tempfile
from pathlib import Path

from benchmarks.arguments import parser
from benchmarks.built import (
    BUILD,
    EVENTS,
    environment,
    handler_and_event,
    interpreter,
    with_stores,
)
from benchmarks.machine import write
from layers.sizes import MIB, package_sizes, size_bytes, zipped_bytes

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


def resident(name: str, events: list[str]) -> dict[str, float]:
    """Resident set in MB after `CALLS` rounds over ``events``, and at its peak."""
    handler, _ = handler_and_event(name)
    command = [*interpreter(), "-c", MEASURE.replace("CALLS", str(CALLS)), handler]
    command += [str(EVENTS / event) for event in events]
    with tempfile.TemporaryDirectory() as folder:
        env = with_stores(environment(name), Path(folder))
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
        "translation": ["http", "http_batch", "http_html", "http_alternatives", "http_between"],
        "recommendation": ["http", "http_user", "http_filter", "http_explain", "http_similar"],
    }
    ways = {}
    for service, kinds in requests.items():
        for entry, events in (("api", kinds), ("worker", ["sqs"])):
            names = [f"{service}_{kind}.json" for kind in events]
            ways[f"{service} {entry}"] = resident(f"{service} {entry}", names)
    parts = sorted(path for path in BUILD.iterdir() if path.is_dir())
    packages = package_sizes(BUILD / "RuntimeLayer/python")
    result = {
        "resident": ways,
        "unzipped_mib": {path.name: round(size_bytes(path) / MIB, 1) for path in parts},
        "zipped_mib": {path.name: round(zipped_bytes(path) / MIB, 1) for path in parts},
        "packages_mib": {name: round(size / MIB, 1) for name, size in packages.items()},
    }
    path = write("memory", "make bench", result)
    print(f"wrote {path.name}: {json.dumps(ways)}")


if __name__ == "__main__":
    parser(__doc__).parse_args()
    main()
