"""Where the time of a start goes, by what was imported and by each step of loading.

    python -m benchmarks.ledger [SERVICE ENTRY]

The model is loaded in turn here, not beside the imports as in production, so that the parts add
up; and telling the imports apart makes each a little slower.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

from benchmarks.arguments import parser
from benchmarks.built import SERVICES, environment, handler_and_event, interpreter, with_stores

PROCESS = Path(__file__).with_name("ledger_process.py")
STARTS = 5
LISTED_MS = 3.0  # packages below are summed up
OWN = ("functions", "shared")
RUNNING = "RUNNING\n"  # ends what the interpreter imports for itself

Times = dict[str, float]


def import_times(report: str) -> dict[str, Times]:
    """Milliseconds that each module took by itself, by package, from `-X importtime`'s lines."""
    found: dict[str, Times] = defaultdict(dict)
    for line in report.splitlines():
        parts = line.removeprefix("import time:").split("|")
        if line.startswith("import time:") and parts[0].strip().isdecimal():
            module = parts[2].strip()
            package = module.partition(".")[0]
            package = "standard library" if package in sys.stdlib_module_names else package
            found[package][module] = int(parts[0]) / 1e3
    return found


def _one(name: str) -> dict[str, Times]:
    """Parts of one start: ``steps`` and ``imports``."""
    handler, event = handler_and_event(name)
    command = [*interpreter(), "-X", "importtime", "-c", PROCESS.read_text(encoding="utf-8")]
    with tempfile.TemporaryDirectory() as folder:
        env = with_stores(environment(name), Path(folder))
        started = str(time.clock_gettime(time.CLOCK_MONOTONIC))
        command += [handler, str(event), started]
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, cwd=folder, check=True
        )
    told = json.loads(done.stdout.splitlines()[-1])
    imports = import_times(done.stderr.partition(RUNNING)[2])
    steps = told["steps"]
    loading = steps.pop("load the model")
    steps["golden run and the rest of loading"] = loading - sum(steps.values())
    own = sum(ms for package in OWN for ms in imports.pop(package, {}).values())
    packages = {package: sum(times.values()) for package, times in imports.items()}
    return {
        "steps": {
            "interpreter": told["interpreter"],
            **steps,
            "own modules and the application": own - loading,
            "first request": told["first request"],
        },
        "imports": packages,
    }


def ledger(name: str, starts: int = STARTS) -> dict[str, Times]:
    """Median milliseconds of each part of an entry's start.

    Returns:
        ``steps`` by what was done, and ``imports`` by top-level package, largest first.
    """
    found = [_one(name) for _ in range(starts)]
    parts: dict[str, Times] = {}
    for kind in ("steps", "imports"):
        names = dict.fromkeys(part for one in found for part in one[kind])
        parts[kind] = {n: round(median(one[kind].get(n, 0.0) for one in found), 1) for n in names}
    large = {n: ms for n, ms in parts["imports"].items() if ms >= LISTED_MS}
    rest = sum(parts["imports"].values()) - sum(large.values())
    ordered = dict(sorted(large.items(), key=lambda item: -item[1]))
    return {"steps": parts["steps"], "imports": ordered | {"other packages": round(rest, 1)}}


def main() -> None:
    """Print the ledger of one entry."""
    arguments = parser(__doc__)
    arguments.add_argument("service", nargs="?", default="intent", choices=SERVICES)
    arguments.add_argument("entry", nargs="?", default="api", choices=("api", "worker"))
    given = arguments.parse_args()
    name = f"{given.service} {given.entry}"
    for kind, parts in ledger(name).items():
        print(f"{name}, {kind}: {sum(parts.values()):.0f} ms")
        for part, ms in parts.items():
            print(f"  {ms:7.1f}  {part}")


if __name__ == "__main__":
    main()
