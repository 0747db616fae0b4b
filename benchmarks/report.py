"""Write RESULTS.md and its plots from benchmarks/results.

python -m benchmarks.report [--print]
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import (
    cold_start_report,
    cost_report,
    intent_report,
    load_report,
    recommendation_report,
    translation_report,
    warm_report,
)
from benchmarks.machine import RESULTS_DIR, load
from shared.models.folder import model_folders
from shared.models.spec import read_spec
from shared.settings import get_settings

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "RESULTS.md"
LISTED_MIB = 0.5
PLOTS = RESULTS_DIR
Result = dict[str, Any]
Measured = Callable[[Result], str]


def _measured(result: Result) -> str:
    machine = result["machine"]
    peers = ", ".join(f"{k} {v}" for k, v in result.get("peer_packages", {}).items())
    return (
        f"`{result['command']}`, {result['date']}, {machine['model']}, {machine['cores']} cores "
        f"({', '.join(machine['extensions'])}), Python {result['python']}."
        + (f" Peers: {peers}." if peers else "")
    )


def emulated(result: Result, measured: Measured) -> list[str]:
    """The comparison with a processor that lacks VNNI."""
    sentence = (
        f"`{result['model']}` under an emulated {result['cpu']} (AVX2, no VNNI): "
        f"{result['decisions_differing']} of {result['texts']} decisions differ from "
        f"the native run; largest difference of a logit {result['largest_logit_difference']}. "
        f"Of {result['translations']} golden translations {result['translations_differing']} "
        f"differ, and of {result['recommendations']} lists of ten recommended items "
        f"{result['recommendations_differing']}."
    )
    return ["### Without VNNI", "", sentence, "", measured(result), ""]


def memory(result: Result, measured: Measured) -> list[str]:
    """The tables of memory and size."""
    lines = ["## Memory and size", "", "| warm handler | resident MB | peak MB |", "|---|---|---|"]
    lines += [
        f"| {name} | {entry['resident_mb']:.0f} | {entry['peak_mb']:.0f} |"
        for name, entry in result["resident"].items()
    ]
    parts, zipped = result["unzipped_mib"], result["zipped_mib"]
    lines += [
        "",
        "Aim: at most 300 MB resident for intent and recommendation, 350 MB for translation.",
        "",
        "| part | unzipped MiB | zipped MiB |",
        "|---|---|---|",
    ]
    lines += [f"| {name} | {size:.1f} | {zipped[name]:.1f} |" for name, size in parts.items()]
    whole = [sum(_with_layers(sizes).values()) for sizes in (parts, zipped)]
    lines += [
        f"| translation's API with all layers | {whole[0]:.1f} | {whole[1]:.1f} |",
        "",
        "Lambda allows 250 MiB unzipped; the aim is 200.",
        "",
        "| package in the runtime layer | unzipped MiB |",
        "|---|---|",
    ]
    packages = result["packages_mib"]
    lines += [f"| {name} | {size:.1f} |" for name, size in packages.items() if size >= LISTED_MIB]
    rest = sum(size for size in packages.values() if size < LISTED_MIB)
    return [*lines, f"| all others | {rest:.1f} |", "", measured(result), ""]


def _with_layers(sizes: dict[str, float]) -> dict[str, float]:
    """The largest function and the layers."""
    return {n: mib for n, mib in sizes.items() if n.endswith("Layer") or n == "TranslationApi"}


def lost_messages(result: Result, measured: Measured) -> list[str]:
    """What became of messages while workers were killed."""
    run = result["run"]
    good = run["messages"] - run["poison"]
    reused = told = again = ""
    if run.get("sent_again"):
        again = (
            f"; {run['sent_again']} were put aside, since their worker was killed each of three "
            "times, and sent again"
        )
    if "ids_reused" in run:
        reused = f", and {run['ids_reused']} ids sent again with another body"
        told = f"; of the ids that were reused {run['reuses_told']} are told as such"
    sentence = (
        f"{run['messages']:,} jobs, of which {run['poison']} can never succeed, "
        f"{run['sent_twice']} sent twice{reused}, "
        f"worked on by {run['workers']} processes of which one at "
        f"a time was killed (SIGKILL), {run['kills']} times in {run['seconds']:.0f} s{again}: of "
        f"{good:,} "
        f"good ones {run['answered']:,} have their answer in the store, which holds "
        f"{run['results_in_store']:,} results; {run['lost']} are lost and {run['wrong']} wrong. Of "
        f"the poison ones {run['poison_kept']} are in the dead-letter queue with their reason, and "
        f"{run['good_in_dead_letter_queue']} good ones{told}. "
        "An answer is right where its decision is "
        "that of the same text alone, and its confidence too, within 0.001."
    )
    return ["## Queue: messages while workers die", "", sentence, "", measured(result), ""]


def plot(name: str, title: str, values: dict[str, float], unit: str) -> None:
    """Horizontal bars as SVG."""
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = name  # the same figures give the same file
    figure, axes = plt.subplots(figsize=(8, 0.5 * len(values) + 1))
    names = list(values)[::-1]
    bars = axes.barh(names, [values[key] for key in names], color="#3b6ea5")
    axes.bar_label(bars, fmt=lambda value: f" {value:,.1f}")
    axes.set_xlabel(unit)
    axes.set_title(title)
    axes.margins(x=0.12)
    figure.tight_layout()
    figure.savefig(PLOTS / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


def plot_all() -> None:
    """Every plot whose figures were measured."""
    for name, draw in (
        ("intent_scale", load_report.plot_intent_scale),
        ("load", load_report.plot_load),
        ("queue_batches", warm_report.plot_queue_batches),
        ("queue_batches_latency", warm_report.plot_queue_batches),
    ):
        if result := load(name):
            draw(result, PLOTS / f"{name}.svg")
    if result := load("recommendation_scale"):
        recommendation_report.plot_scale(result, PLOTS / "recommendation_scale.svg")
    if result := load("translation_scale"):
        translation_report.plot_scale(result, PLOTS / "translation_scale.svg")
    if result := load("latency"):
        values = {name: entry["p50_ms"] for name, entry in result["texts"]["1"].items()}
        plot("latency", "One text, one thread, p50", values, "milliseconds")
    if result := load("cold_start"):
        values = {name: entry["p50_ms"] for name, entry in result["ways"].items()}
        plot("cold_start", "Process start to first answer, p50", values, "milliseconds")


def report(plots: bool) -> str:
    """The whole report over every result that is there."""
    lines = ["# Results", "", "Written by `python -m benchmarks.report`; do not edit.", ""]
    lines += ["## Intent quality, in percent", ""]
    for dataset in ("retail", "clinc150-oos-plus", "clinc150", "banking77"):
        if result := load(f"quality_{dataset}"):
            lines += intent_report.quality(dataset, result, _measured)
    for name, section in (
        ("intent_served", intent_report.served),
        ("language", intent_report.language),
        ("emulated", emulated),
        ("latency", intent_report.latency),
        ("intent_scale", load_report.intent_scale),
        ("cold_start", cold_start_report.section),
        ("cold_start_served", cold_start_report.served),
        ("memory", memory),
        ("endurance", warm_report.endurance),
        ("load", load_report.load),
        ("queue_batches", warm_report.queue_batches),
        ("queue_batches_latency", warm_report.queue_batches),
        ("lost_messages", lost_messages),
    ):
        if result := load(name):
            lines += section(result, _measured)
    folder = get_settings().model_dir("translation")
    lines += translation_report.stated([read_spec(f) for f in model_folders(folder).values()])
    for name, translated in (
        ("translation_quality", translation_report.quality),
        ("translation_golden", translation_report.golden),
        ("translation_dictionary", translation_report.dictionary),
        ("translation", translation_report.speed),
        ("translation_amx", translation_report.speed),
        ("translation_scale", translation_report.scale),
    ):
        if result := load(name):
            lines += translated(result, _measured)
    lines += recommendation_report.sections(load, _measured)
    lines += cost_report.sections(load)
    if plots:
        plot_all()
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Write RESULTS.md and its plots, or print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--print", action="store_true", help="print the tables, write nothing")
    if parser.parse_args().print:
        print(report(plots=False))
        return
    OUT.write_text(report(plots=True), encoding="utf-8")
    print("wrote RESULTS.md")


if __name__ == "__main__":
    main()
