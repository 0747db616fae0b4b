"""The sections of RESULTS.md on translation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.models.spec import Metric, ModelSpec

Result = dict[str, Any]
Measured = Callable[[Result], str]

AIMS = {
    "tatoeba-test-v2021-08-07 en-de": 38.0,
    "tatoeba-test-v2021-08-07 en-fr": 42.0,
    "tatoeba-test-v2021-08-07 en-es": 44.0,
    "tatoeba-test-v2021-08-07 de-en": 44.0,
    "tatoeba-test-v2021-08-07 fr-en": 48.0,
    "tatoeba-test-v2021-08-07 es-en": 48.0,
    "wmt20chat_dev en-de": 45.0,
    "ntrex en-de": 18.0,
    "ntrex en-fr": 22.0,
    "ntrex en-es": 24.0,
    "ntrex de-en": 22.0,
}
OURS, PEER, TORCH = (
    "this project, decoder",
    "CTranslate2, int8",
    "transformers generate, torch fp32",
)


def quality(result: Result, measured: Measured) -> list[str]:
    """BLEU and chrF of every direction."""
    lines = ["### Whole sets", ""]
    lines.append(
        "| set | pairs | search | BLEU int8 | BLEU fp32 | chrF int8 | chrF fp32 "
        "| BLEU, chrF with the dictionary | aim |"
    )
    lines.append("|---" * 9 + "|")
    for sets in result["models"].values():
        for title, entry in sets.items():
            name, _, search = title.rpartition(", ")
            fp32 = entry["fp32"] or {}
            cells = [f"{entry['int8']['bleu']:.2f}", _figure(fp32.get("bleu"))]
            cells += [f"{entry['int8']['chrf']:.2f}", _figure(fp32.get("chrf"))]
            served = entry.get("with_dictionary")
            cells.append(f"{served['bleu']:.2f}, {served['chrf']:.2f}" if served else "")
            verdict = _verdict(name, (served or entry["int8"])["bleu"])
            row = f"| {name} | {entry['rows']:,} | {search} | {' | '.join(cells)} | {verdict} |"
            lines.append(row)
    signatures = result["signatures"]
    lines += [
        "",
        "These are tuning sets: training never saw them, but its progress was watched on them.",
        f"sacrebleu: `{signatures['bleu']}` and `{signatures['chrf']}`.",
        "",
        measured(result),
        "",
    ]
    return lines


def stated(specs: list[ModelSpec]) -> list[str]:
    """BLEU and chrF as the models' training measured them."""
    lines = ["## Translation quality", ""]
    lines.append("| set | pairs | BLEU int8 | BLEU fp32 | chrF int8 | chrF fp32 | aim |")
    lines.append("|---" * 7 + "|")
    for spec in specs:
        found: dict[str, dict[str, Metric]] = {}
        for metric in spec.metrics:
            found.setdefault(metric.dataset, {})[metric.precision] = metric
        for name, by in found.items():
            cells = [
                f"{by[precision].values[key]:.2f}"
                for key in ("bleu", "chrf")
                for precision in ("int8", "fp32")
            ]
            verdict = _verdict(name.rpartition(", ")[0], by["int8"].values["bleu"])
            lines.append(f"| {name} | {by['int8'].rows:,} | {' | '.join(cells)} | {verdict} |")
    splits = "; ".join(sorted({metric.split for spec in specs for metric in spec.metrics}))
    told = (
        f"As `spec.json` of the models states them. Splits: {splits}. Training never saw these "
        "sets, but its progress was watched on them."
    )
    return [*lines, "", told, ""]


def _verdict(name: str, bleu: float) -> str:
    aim = AIMS.get(name)
    if aim is None:
        return ""
    return f"{aim:.0f}: " + ("reached" if bleu >= aim else "**missed**")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def golden(result: Result, measured: Measured) -> list[str]:
    """How many golden sentences are right, and those that are not."""
    lines = [
        "### Golden sentences",
        "",
        (
            f"{result['accepted']} of {result['sentences']} come out as an accepted translation "
            "(`training/translation/golden.tsv`). The others:"
        ),
        "",
        "| direction | text | translation |",
        "|---|---|---|",
    ]
    lines += [f"| {' | '.join(miss)} |" for miss in result["misses"]]
    return [*lines, "", measured(result), ""]


def dictionary(result: Result, measured: Measured) -> list[str]:
    """What the dictionary costs of a sentence's time."""
    lines = ["### What the dictionary costs", "", "| search | way | p50 ms | mean ms |"]
    lines.append("|---" * 4 + "|")
    for beams, ways in result["searches"].items():
        search = "greedy" if beams == "1" else f"beam {beams}"
        for way, found in ways.items():
            lines.append(f"| {search} | {way} | {found['p50_ms']:.1f} | {found['mean_ms']:.1f} |")
    told = f"`{result['model']}`, {result['texts']} English texts into German, each alone."
    return [*lines, "", told, "", measured(result), ""]


def speed(result: Result, measured: Measured) -> list[str]:
    """Latency and throughput beside the peers, and the ratios that matter."""
    extensions = ", ".join(result["machine"]["extensions"])
    lines = [f"## Translation speed, with {extensions}", ""]
    lines.append(
        f"`{result['model']}`, English to German, {result['sentences']} sentences of shops and "
        "customers; all on the served weights, with the same tokenizer, and its time in it."
    )
    for threads, searches in result["threads"].items():
        lines += ["", f"### {threads} thread{'s' if threads != '1' else ''}", ""]
        head = ("search", "way", "p50 ms for 1", "for 8", "for 32", "sentences/s at 1", "at 32")
        lines += ["| " + " | ".join((*head, "target tokens/s at 32")) + " |", "|---" * 8 + "|"]
        for beams, sizes in searches.items():
            for way in sizes["1"]:
                cells = [f"{sizes[size][way]['p50_ms']:.1f}" for size in ("1", "8", "32")]
                cells += [f"{sizes[size][way]['sentences_per_s']:.0f}" for size in ("1", "32")]
                cells.append(f"{sizes['32'][way]['tokens_per_s']:,.0f}")
                search = "greedy" if beams == "1" else f"beam {beams}"
                lines.append(f"| {search} | {way} | {' | '.join(cells)} |")
    lines += ["", "Times as fast, in sentences a second:", ""]
    lines += ["| threads | search | batch | than CTranslate2 int8 | than transformers on torch |"]
    lines.append("|---" * 5 + "|")
    for threads, searches in result["threads"].items():
        for beams, sizes in searches.items():
            for size, ways in sizes.items():
                ours = ways[OURS]["sentences_per_s"]
                ratios = [ours / ways[peer]["sentences_per_s"] for peer in (PEER, TORCH)]
                search = "greedy" if beams == "1" else f"beam {beams}"
                lines.append(
                    f"| {threads} | {search} | {size} | {ratios[0]:.2f} | {ratios[1]:.1f} |"
                )
    told = (
        "With two threads, peers that use OpenMP can be slower than with one on a machine of two "
        "virtual processors, as they were here; the figures for one thread are the comparison."
    )
    lines += ["", told] if len(result["threads"]) > 1 else []
    return [*lines, "", measured(result), ""]


def scale(result: Result, measured: Measured) -> list[str]:
    """Time against the length of a text and the number of texts."""
    lines = ["## Translation: growth with length and batch", ""]
    for key, unit in (("words", "words in one text"), ("texts", "texts in one request")):
        ways = result["ms"][key]
        lines += [f"| {unit} | " + " | ".join(f"{way}, ms" for way in ways) + " |"]
        lines.append("|---" * (1 + len(ways)) + "|")
        for number in next(iter(ways.values())):
            cells = " | ".join(f"{found[number]:.1f}" for found in ways.values())
            lines.append(f"| {number} | {cells} |")
        lines.append("")
    lines += ["![growth](benchmarks/results/translation_scale.svg)", ""]
    return [*lines, "The service, one thread. " + measured(result), ""]


def plot_scale(result: Result, path: Path) -> None:
    """Both curves as SVG."""
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "translation_scale"  # the same figures give the same file
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.5))
    for axes, (key, unit) in zip(
        panels, (("words", "words in one text"), ("texts", "texts in one request")), strict=True
    ):
        for way, found in result["ms"][key].items():
            axes.plot([int(number) for number in found], list(found.values()), "o-", label=way)
        axes.set_xlabel(unit)
        axes.set_ylabel("milliseconds")
        axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
