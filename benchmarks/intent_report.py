"""The sections of RESULTS.md on intent: quality, the language check, and warm latency."""

from collections.abc import Callable
from typing import Any

Result = dict[str, Any]
Measured = Callable[[Result], str]

TARGETS = {
    "clinc150-oos-plus": {"in_scope_accuracy": 0.96, "out_of_scope_recall": 0.65},
    "banking77": {"accuracy": 0.93},
}
PUBLISHED = {
    "clinc150-oos-plus": "BERT: in-scope accuracy 96.7, out-of-scope recall 59.2 "
    "(Larson et al., 2019, with OOS-plus)",
    "banking77": "DistilBERT: accuracy 92.5",
}
TORCH_PEER = "transformers pipeline, torch fp32"
CTRANSLATE2_PEER = "CTranslate2 encoder, int8"
OVERHEAD_MS = 0.5  # aim: of the handler over the bare model


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f}"


def _verdict(dataset: str, values: dict[str, float]) -> str:
    parts = []
    for name, target in TARGETS.get(dataset, {}).items():
        word = "reached" if values[name] >= target else "**missed**"
        parts.append(f"{name.replace('_', ' ')} >= {100 * target:.1f}: {word}")
    return "; ".join(parts)


def _scheme(result: Result) -> str:
    told = result.get("quantization")
    if told is None:
        return "by a former scheme (docs/decisions/0001-int8-scheme.md)"
    return "; ".join(f"{part}: {how}" for part, how in told.items())


def served(result: Result, measured: Measured) -> list[str]:
    """What the default model gets right of the messages that were held out of its training."""
    languages = result["languages"]
    lines = ["### The served model", "", f"Model `{result['model']}`, on held-out messages.", ""]
    lines += [f"| | {' | '.join(languages)} |", "|---" * (1 + len(languages)) + "|"]
    for row in next(iter(languages.values())):
        cells = " | ".join(f"{figures[row]:,}" for figures in languages.values())
        lines.append(f"| {row.replace('_', ' ')} | {cells} |")
    times = ", ".join(
        f"{count} text{'s' * (count != '1')} {entry['p50_ms']:.1f} ms (p99 {entry['p99_ms']:.1f})"
        for count, entry in result["latency"].items()
    )
    cases = result.get("cases")
    told = f" Of the cases of issues, {cases['hold']} of {cases['of']} hold." if cases else ""
    return [*lines, "", f"Whole handler, one thread, p50: {times}.{told}", "", measured(result), ""]


def quality(dataset: str, result: Result, measured: Measured) -> list[str]:
    """The table of one data set."""
    columns = ("accuracy", "macro_f1", "in_scope_accuracy", "out_of_scope_recall", "ece")
    lines = [f"### {dataset}", "", f"Model `{result['model']}`, trained by", ""]
    lines += [f"    {result['trained_by']}", "", f"int8: {_scheme(result)}.", ""]
    lines.append(
        "| test set | texts | precision | " + " | ".join(c.replace("_", " ") for c in columns)
        + " | decisions that differ from fp32 |"
    )  # fmt: skip
    lines.append("|---" * (4 + len(columns)) + "|")
    for name, entry in result["sets"].items():
        flips = entry["decisions_differing"]
        share = f"{flips} ({100 * flips / entry['rows']:.2f} %)"
        for precision, note in (("int8", share), ("fp32", "")):
            cells = " | ".join(_percent(entry[precision].get(column)) for column in columns)
            lines.append(f"| {name} | {entry['rows']:,} | {precision} | {cells} | {note} |")
    lines.append("")
    for entry in result["sets"].values():
        if verdict := _verdict(dataset, entry["int8"]):
            lines += [f"Aim, int8: {verdict}. Published: {PUBLISHED[dataset]}.", ""]
    return [*lines, measured(result), ""]


def language(result: Result, measured: Measured) -> list[str]:
    """The tables of the language check."""
    lines = [
        "### Language check",
        "",
        "| texts | rows | taken for another language |",
        "|---|---|---|",
    ]
    named = {**result["english"], **{f"Tatoeba, {k}": v for k, v in result["other"].items()}}
    lines += [f"| {k} | {v['rows']:,} | {100 * v['found_other']:.2f} % |" for k, v in named.items()]
    lines += ["", "The first two are English, where every hit is a false alarm.", ""]
    return [*lines, measured(result), ""]


def latency(result: Result, measured: Measured) -> list[str]:
    """The table of warm latency, and the ratios that matter."""
    ways = result["texts"]
    lines = ["## Intent: warm latency, one thread", ""]
    lines.append("| way | 1 text p50 ms | p99 ms | texts/s at 1 | at 8 | at 32 |")
    lines.append("|---" * 6 + "|")
    for name, one in ways["1"].items():
        rates = [int(size) * 1e3 / ways[size][name]["p50_ms"] for size in ways]
        cells = " | ".join(f"{rate:,.0f}" for rate in rates)
        lines.append(f"| {name} | {one['p50_ms']:.2f} | {one['p99_ms']:.2f} | {cells} |")
    p50 = {name: entry["p50_ms"] for name, entry in ways["1"].items()}
    overhead = p50["handler"] - p50["bare session.run"]
    verdict = (
        f"The handler adds {overhead:.2f} ms to bare tokenization + `session.run` (aim: "
        f"{OVERHEAD_MS}, {'reached' if overhead <= OVERHEAD_MS else '**missed**'}). "
        f"For 1, 8 and 32 texts it is {_ratios(ways, 'handler', TORCH_PEER)} times as fast as the "
        "transformers pipeline. Tokenization and model without the service are "
        f"{_ratios(ways, 'bare session.run', CTRANSLATE2_PEER)} times as fast as CTranslate2's "
        "encoder, whose pooling and head are numpy here; the service runs texts of like length "
        "together, which neither of them does."
    )
    lines += [
        "",
        verdict,
        f"Weights of the peers: {result['peer_weights']}.",
        "",
        "![latency](benchmarks/results/latency.svg)",
        "",
        measured(result),
        "",
    ]
    return lines


def _ratios(ways: dict[str, Any], ours: str, peer: str) -> str:
    """How many times as fast as a peer one of our ways is, by the number of texts."""
    ratios = [entry[peer]["p50_ms"] / entry[ours]["p50_ms"] for entry in ways.values()]
    return ", ".join(f"{ratio:.1f}" for ratio in ratios)
