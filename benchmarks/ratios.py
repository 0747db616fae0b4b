"""What `make bench QUICK=1` tells: ratios to the peers of one run, and the aims.

    python -m benchmarks.ratios

prints those of benchmarks/results.
"""

from typing import Any

from benchmarks.arguments import parser
from benchmarks.built import FLOOR, SERVICES
from benchmarks.cold_start import PEER as TRANSFORMERS_FUNCTION
from benchmarks.intent_report import CTRANSLATE2_PEER, OVERHEAD_MS, TORCH_PEER
from benchmarks.machine import load
from benchmarks.translation_report import OURS, PEER, TORCH

Result = dict[str, Any]
Line = tuple[str, float, str]


def _intent(result: Result) -> list[Line]:
    lines = []
    for size, ways in result["texts"].items():
        for ours, peer in (("handler", TORCH_PEER), ("bare session.run", CTRANSLATE2_PEER)):
            name = f"intent, {size} at once: {ours}, times as fast as {peer}"
            lines.append((name, ways[peer]["p50_ms"] / ways[ours]["p50_ms"], ""))
    one = result["texts"]["1"]
    over = one["handler"]["p50_ms"] - one["bare session.run"]["p50_ms"]
    return [
        *lines,
        ("intent: ms of the handler over the bare model", over, f"at most {OVERHEAD_MS}"),
    ]


def _cold_start(result: Result) -> list[Line]:
    ways = {name: way["p50_ms"] for name, way in result["ways"].items()}
    lines = [
        (f"cold start, {service} {entry}: of the floor", ways[f"{service} {entry}"] / floor, aim)
        for service in SERVICES
        if (floor := ways[f"{service} {FLOOR}"])
        for entry, aim in (("api", "at most 1.6"), ("worker", "at most 1.15"))
    ]
    faster = ways[TRANSFORMERS_FUNCTION] / ways["intent api"]
    return [*lines, ("cold start, intent api: times as fast as transformers", faster, "10")]


def _memory(result: Result) -> list[Line]:
    return [
        (f"memory, {name}: resident MB", entry["resident_mb"], "at most 300, translation 350")
        for name, entry in result["resident"].items()
        if name.endswith("api")
    ]


def _translation(result: Result) -> list[Line]:
    lines = []
    for beams, sizes in result["threads"]["1"].items():
        search = "greedy" if beams == "1" else f"beam {beams}"
        for size, ways in sizes.items():
            rates = {name: way["sentences_per_s"] for name, way in ways.items()}
            for title, peer, aim in (("CTranslate2", PEER, "1.3"), ("torch", TORCH, "5")):
                name = f"translation, {search}, {size} at once: times as fast as {title}"
                lines.append((name, rates[OURS] / rates[peer], aim))
    return lines


def _recommendation(result: Result) -> list[Line]:
    return [
        (
            f"recommendation, {users} at once: times as fast as torch",
            ways["torch eager, fp32"]["p50_ms"] / ways["service"]["p50_ms"],
            "3" if users == "1" else "",
        )
        for users, ways in result["users"].items()
    ]


def main() -> None:
    """Print a line for each ratio whose figures were measured."""
    found = [
        line
        for name, ratios in (
            ("latency", _intent),
            ("cold_start", _cold_start),
            ("memory", _memory),
            ("translation", _translation),
            ("recommendation", _recommendation),
        )
        if (result := load(name))
        for line in ratios(result)
    ]
    width = max((len(name) for name, _, _ in found), default=0)
    for name, ratio, aim in found:
        print(f"{name:<{width}}  {ratio:8.2f}" + (f"  (aim: {aim})" if aim else ""))


if __name__ == "__main__":
    parser(__doc__).parse_args()
    main()
