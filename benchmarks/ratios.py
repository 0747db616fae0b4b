"""What `make bench QUICK=1` tells: ratios to the peers of one run, and the aims.

    python -m benchmarks.ratios [FOLDER ...]

prints those of benchmarks/results, or of folders of several rounds: the median of each ratio, how
far the rounds lie apart, and which ratios are noise.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.arguments import parser
from benchmarks.built import FLOOR, SERVICES
from benchmarks.cold_start import PEER as TRANSFORMERS_FUNCTION
from benchmarks.intent_report import CTRANSLATE2_PEER, OVERHEAD_MS, TORCH_PEER
from benchmarks.machine import RESULTS_DIR
from benchmarks.translation_report import OURS, PEER, TORCH

Result = dict[str, Any]
Line = tuple[str, float, str]
STEADY = 0.10  # of a ratio: rounds of one that lie further apart are noise


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


RATIOS = {
    "latency": _intent,
    "cold_start": _cold_start,
    "memory": _memory,
    "translation": _translation,
    "recommendation": _recommendation,
}


class Told(NamedTuple):
    """A ratio over several rounds.

    Attributes:
        name: of what.
        ratio: the median round's.
        aim: in words, if there is one.
        spread: from the least round to the greatest, as a share of the median; None for one round.
    """

    name: str
    ratio: float
    aim: str
    spread: float | None

    @property
    def is_noise(self) -> bool:
        """Whether the rounds lie so far apart that another run may tell another ratio."""
        return self.spread is not None and self.spread > STEADY


def lines_of(results: Mapping[str, Result]) -> list[Line]:
    """The ratios of one round, of results by name."""
    return [
        line for name, ratios in RATIOS.items() if name in results for line in ratios(results[name])
    ]


def over_rounds(rounds: Sequence[Sequence[Line]]) -> list[Told]:
    """Each ratio of the first round, over all rounds that have it."""
    found = []
    for name, _, aim in rounds[0]:
        values = [ratio for lines in rounds for other, ratio, _ in lines if other == name]
        middle = median(values)
        spread = (max(values) - min(values)) / abs(middle) if middle and len(values) > 1 else None
        found.append(Told(name, middle, aim, spread))
    return found


def read_round(folder: Path) -> dict[str, Result]:
    """What was measured in a folder, by name."""
    paths = {name: folder / f"{name}.json" for name in RATIOS}
    return {
        name: json.loads(path.read_text(encoding="utf-8"))
        for name, path in paths.items()
        if path.is_file()
    }


def show(found: Sequence[Told]) -> None:
    """Print a line for each ratio, and how many of them are noise."""
    width = max((len(told.name) for told in found), default=0)
    for name, ratio, aim, spread in found:
        line = f"{name:<{width}}  {ratio:8.2f}"
        line += "" if spread is None else f"  +-{50 * spread:3.0f} %"
        line += f"  (aim: {aim})" if aim else ""
        print(line + ("  NOISE" if spread is not None and spread > STEADY else ""))
    noisy = sum(told.is_noise for told in found)
    if noisy:
        print(
            f"\n{noisy} of {len(found)} ratios are noise: their rounds lie more than "
            f"{100 * STEADY:.0f} % apart. Measure them on a quiet machine, or by `make bench`."
        )


def main(argv: Sequence[str] | None = None) -> None:
    """Print a line for each ratio whose figures were measured."""
    asked = parser(__doc__)
    asked.add_argument("folders", nargs="*", type=Path, help="results of a round each")
    folders = asked.parse_args(argv).folders or [RESULTS_DIR]
    rounds = [lines_of(read_round(folder)) for folder in folders]
    show(over_rounds(rounds))


if __name__ == "__main__":
    main()
