"""The sections of RESULTS.md on cold starts."""

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.built import ENTRIES, FLOOR
from benchmarks.cold_start import PEER

AIMS = {"worker": 1.15, "api": 1.6}  # times the floor
SERVED_AIMS = {"worker": 1.5, "api": 1.3}
AIM_OF_PEER = 10
NOTE = (
    "From the start of a fresh process to its first answer, through Lambda's own runtime client "
    "and a Runtime API on this machine. The floor of a service imports numpy, onnxruntime and "
    "tokenizers, opens the same graphs and runs the first of them once."
)
LEDGER_NOTE = (
    "One part after the other here: in production the model is loaded beside the imports of "
    "FastAPI or of the SDK, where a second core is free. The stores are SQLite files; a worker "
    "with a table also makes a DynamoDB client."
)

SERVED_NOTE = (
    "The same with the models that are in the repository now, twice as deep for intent, and "
    "without a peer."
)

Result = dict[str, Any]


def _ratio(name: str, ways: Result, aims: Mapping[str, float]) -> str:
    """An entry's median beside its service's floor."""
    service, entry = name.split(" ", 1)
    if entry not in ENTRIES:
        return ""
    times = ways[name]["p50_ms"] / ways[f"{service} {FLOOR}"]["p50_ms"]
    return f"{times:.2f} (aim: {aims[entry]})"


def _table(title: str, ways: Result, aims: Mapping[str, float] = AIMS) -> list[str]:
    lines = [f"### {title}", ""]
    lines.append("| process | p50 ms | p90 ms | asks for its event | processor ms | of the floor |")
    lines.append("|---" * 6 + "|")
    lines += [
        f"| {name} | {way['p50_ms']:.0f} | {way['p90_ms']:.0f} | {way['init_ms']:.0f} | "
        f"{way['cpu_ms']:.0f} | {_ratio(name, ways, aims)} |"
        for name, way in ways.items()
    ]
    return [*lines, ""]


def _ledger(ledger: Result) -> list[str]:
    lines = ["### Where it goes, in ms", ""]
    for title, kind in (("step", "steps"), ("imports by package", "imports")):
        parts = dict.fromkeys(part for entry in ledger.values() for part in entry[kind])
        lines.append(f"| {title} | " + " | ".join(ledger) + " |")
        lines.append("|---" * (1 + len(ledger)) + "|")
        for part in parts:
            cells = [entry[kind].get(part) for entry in ledger.values()]
            shown = " | ".join("" if ms is None else f"{ms:.0f}" for ms in cells)
            lines.append(f"| {part} | {shown} |")
        sums = " | ".join(f"{sum(entry[kind].values()):.0f}" for entry in ledger.values())
        lines += [f"| all | {sums} |", ""]
    return [*lines, LEDGER_NOTE, ""]


def section(result: Result, measured: Callable[[Result], str]) -> list[str]:
    """Starts with and without the page cache, and the ledger."""
    ways, dropped = result["ways"], result["dropped"]
    faster = ways[PEER]["p50_ms"] / ways["intent api"]["p50_ms"]
    verdict = (
        f"The intent API starts {faster:.1f} times as fast as the same function with transformers "
        f"and torch (aim: {AIM_OF_PEER})."
    )
    lines = [
        "## Cold start, built artifacts",
        "",
        NOTE,
        "",
        *_table("Files in the page cache", ways),
        verdict,
        "",
        "![cold start](benchmarks/results/cold_start.svg)",
        "",
    ]
    if isinstance(dropped, dict):
        lines += _table("Page cache dropped before each start", dropped)
    return [*lines, *_ledger(result["ledger"]), measured(result), ""]


def served(result: Result, measured: Callable[[Result], str]) -> list[str]:
    """Starts over the models of today."""
    lines = ["## Cold start with the models of today", "", SERVED_NOTE, ""]
    lines += _table("Files in the page cache", result["ways"], SERVED_AIMS)
    if isinstance(dropped := result.get("dropped"), dict):
        lines += _table("Page cache dropped before each start", dropped, SERVED_AIMS)
    if ledger := result.get("ledger"):
        lines += _ledger(ledger)
    return [*lines, measured(result), ""]
