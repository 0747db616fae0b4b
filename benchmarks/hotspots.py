"""Where does the time of a warm request go? By Python function and by the graphs' operators.

    python -m benchmarks.hotspots intent [--calls 1000] [--lines 15]

The handler answers the service's plainest sample event again and again, first as it is, then under
cProfile, which makes Python's part look larger than it is, and all along under onnxruntime's
profiler.
"""

import argparse
import cProfile
import io
import json
import pstats
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

import shared.models.sessions
from benchmarks.built import SERVICES
from local.command import at_least_one
from local.demo import EVENTS_DIR

WARM_UP = 50  # calls


def profiled_sessions(folder: Path) -> list[Any]:
    """A list of the sessions opened from now on; they write to ``folder`` what they did."""
    opened: list[Any] = []
    options, session = shared.models.sessions.session_options, shared.models.sessions.Session

    def with_profile(threads: int) -> Any:
        found = options(threads)
        found.enable_profiling = True
        found.profile_file_prefix = str(folder / f"session-{len(opened)}")
        return found

    def remembered(*args: Any, **kwargs: Any) -> Any:
        opened.append(session(*args, **kwargs))
        return opened[-1]

    shared.models.sessions.__dict__["session_options"] = with_profile
    shared.models.sessions.__dict__["Session"] = remembered
    return opened


def operator_times(sessions: list[Any]) -> dict[str, float]:
    """Milliseconds that each kind of operator took in all runs, longest first."""
    found: dict[str, float] = defaultdict(float)
    for session in sessions:
        for event in json.loads(Path(session.end_profiling()).read_text(encoding="utf-8")):
            if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
                found[event["args"]["op_name"]] += event["dur"] / 1e3
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("--calls", type=at_least_one, default=1_000)
    parser.add_argument("--lines", type=at_least_one, default=15)
    args = parser.parse_args()
    event = json.loads((EVENTS_DIR / f"{args.service}_http.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        sessions = profiled_sessions(Path(folder))
        with redirect_stdout(io.StringIO()):
            handler: Callable[..., Any] = import_module(f"functions.{args.service}.api").handler
            for _ in range(WARM_UP):
                handler(event, None)
            begun = time.perf_counter()
            for _ in range(args.calls):
                handler(event, None)
            mean_ms = (time.perf_counter() - begun) * 1e3 / args.calls
            profile = cProfile.Profile()
            profile.enable()
            for _ in range(args.calls):
                handler(event, None)
            profile.disable()
        operators = operator_times(sessions)
    runs = 2 * args.calls + WARM_UP
    print(f"{args.service}: {mean_ms:.3f} ms a call, graphs {sum(operators.values()) / runs:.3f}")
    for name, ms in list(operators.items())[: args.lines]:
        print(f"  {ms / runs:8.4f}  {name}")
    pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(args.lines)


if __name__ == "__main__":
    main()
