"""The sections of RESULTS.md on warm processes: tail, growth, and batches of a queue."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Result = dict[str, Any]
Measured = Callable[[Result], str]

TAIL = 2.0  # aim: p99 over p50
GROWTH_MB = 1.0  # aim: at most, once settled
WAYS = {
    "different": "different requests",
    "repeated": "one request, repeated",
    "control": "a fixed computation, no service",
}
POINTS = ("p50_ms", "p90_ms", "p99_ms", "p99.9_ms", "max_ms")
SHOWN = 5  # readings of the resident set in the table
WINDOWLESS = 10  # most messages of a batch without a batching window


def _verdict(reached: bool) -> str:
    return "reached" if reached else "**missed**"


def _latency(services: Mapping[str, Result]) -> list[str]:
    lines = ["| service | calls | p50 ms | p90 ms | p99 ms | p99.9 ms | max ms | p99 / p50 |"]
    lines.append("|---" * 8 + "|")
    for service, entry in services.items():
        for way, title in WAYS.items():
            found = entry["latency"][way]
            cells = " | ".join(f"{found[point]:.2f}" for point in POINTS)
            calls = f"{found['calls']:,} of {title}"
            lines.append(f"| {service} | {calls} | {cells} | {found['p99_over_p50']:.2f} |")
    ratios = {
        name: entry["latency"]["different"]["p99_over_p50"] for name, entry in services.items()
    }
    verdicts = [f"{name} {ratio:.2f}, {_verdict(ratio <= TAIL)}" for name, ratio in ratios.items()]
    told = (
        f"Aim: p99 of different requests at most {TAIL:g} times p50: {'; '.join(verdicts)}. The "
        "ratio of the repeated request owes nothing to the length of texts; that of the fixed "
        "computation, which runs between the calls and takes about as long, is this machine's."
    )
    return [*lines, "", told, ""]


def _spread(series: Mapping[str, float]) -> list[str]:
    """Some of the readings, evenly over the calls, the first and the last among them."""
    names = list(series)
    return [names[round(place * (len(names) - 1) / (SHOWN - 1))] for place in range(SHOWN)]


def _growth(services: Mapping[str, Result]) -> list[str]:
    head = " | ".join(f"at {100 * place // (SHOWN - 1)} %" for place in range(SHOWN))
    lines = [f"| service | calls | MB {head} | grown MB from 20 % on | kB per 1,000 calls |"]
    lines.append("|---" * (4 + SHOWN) + "|")
    verdicts = []
    for service, entry in services.items():
        found = entry["growth"]
        series, grown = found["resident_mb"], found["grown_mb"]
        cells = " | ".join(f"{series[name]:.1f}" for name in _spread(series))
        calls = int(list(series)[-1])
        rest = f"{grown:+.2f} | {found['kb_per_1000_calls']:+.2f}"
        lines.append(f"| {service} | {calls:,} | {cells} | {rest} |")
        verdicts.append(f"{service} {_verdict(grown <= GROWTH_MB)}")
    told = (
        f"Aim: at most {GROWTH_MB:g} MB more of the resident set at the end than at 20 % of the "
        f"calls: {'; '.join(verdicts)}. The slope is of least squares over the same readings. Each "
        "call has an id of its own, each text a changing number; one call in 100 is invalid and "
        "another one has an `Idempotency-Key` of its own. The first key loads the AWS SDK, which "
        "is most of the rise after the start. Answers are stored for a second only: pages of "
        "SQLite's file are in the memory of the process, a table in AWS is not."
    )
    return [*lines, "", told, ""]


def endurance(result: Result, measured: Measured) -> list[str]:
    """The tail of the latency and the growth of the resident set."""
    services = result["services"]
    lines = [
        "## Warm handlers over many calls",
        "",
        "The built API handlers, one thread, a fresh process for each service and each table.",
        "",
        "### The tail",
        "",
        *_latency(services),
        "### Memory",
        "",
        *_growth(services),
    ]
    return [*lines, measured(result), ""]


def _batches(service: str, entry: Result, share: float) -> list[str]:
    lines = [f"### {service.capitalize()}", ""]
    lines.append(
        "| messages a batch | p50 ms | p99 ms | messages/s | of the time in the store "
        "| messages/s without it | peak MB | USD a million, requests |"
    )
    lines.append("|---" * 8 + "|")
    for size, found in entry["sizes"].items():
        cells = (
            f"{found['p50_ms']:.1f} | {found['p99_ms']:.1f} | {found['messages_per_s']:,.0f}",
            f"{100 * found['store_share']:.0f} %",
            f"{found['messages_per_s_without_store']:,.0f} | {found['peak_mb']:.0f}",
            f"{found['requests_usd_per_million']:.2f}",
        )
        lines.append(f"| {size} | {' | '.join(cells)} |")
    return [*lines, "", _choice(entry, share), ""]


def _choice(entry: Result, share: float) -> str:
    """The smallest good size, beside the template's."""
    sizes, template = entry["sizes"], entry["template"]
    rates = {size: found["messages_per_s"] for size, found in sizes.items()}
    told = (
        f"The smallest batch that reaches {100 * share:.0f} % of the best throughput has "
        f"{entry['knee']} messages, or {entry['knee_without_store']} without the store's time. "
        f"The template's BatchSize is {template}"
    )
    if str(template) not in rates:
        return f"{told}, which was not measured."
    reached = rates[str(template)] / max(rates.values())
    most = ", and the most without a batching window" if template == WINDOWLESS else ""
    return f"{told}: {100 * reached:.0f} % of the best{most}."


def queue_batches(result: Result, measured: Measured) -> list[str]:
    """Throughput of the workers by the size of a batch."""
    latency_ms = result.get("latency_ms")
    title = f", the store {latency_ms:g} ms away" if latency_ms else ""
    lines = [f"## Queue: messages a batch{title}", ""]
    store = (
        f"{result['store']}, of which each request takes {latency_ms:g} ms longer and up to 16 are "
        "on their way at once, as DynamoDB's are"
        if latency_ms
        else f"{result['store']}. In AWS that is DynamoDB, several messages at once, whose time "
        "and price are in none of these figures"
    )
    lines.append(
        f"The built workers, one thread; every message is claimed and its answer kept, in {store}. "
        "Priced are the requests of Lambda and SQS alone "
        f"([{result['prices']}](benchmarks/{result['prices']})). SQS gives batches of more than "
        f"{WINDOWLESS} only with a batching window of a second or more. A message waits for the "
        "whole of its batch, and all of a batch come again where its process dies."
    )
    lines.append("")
    for service, entry in result["services"].items():
        lines += _batches(service, entry, result["enough"])
    plot = "queue_batches_latency" if latency_ms else "queue_batches"
    lines += [f"![throughput by batch](benchmarks/results/{plot}.svg)", ""]
    return [*lines, measured(result), ""]


def plot_queue_batches(result: Result, path: Path) -> None:
    """Throughput as a share of each service's best, as SVG; a ring marks the template's size."""
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = path.stem  # the same figures give the same file
    figure, axes = plt.subplots(figsize=(8, 4))
    for service, entry in result["services"].items():
        rates = {int(size): found["messages_per_s"] for size, found in entry["sizes"].items()}
        best = max(rates.values())
        shares = {size: 100 * rate / best for size, rate in rates.items()}
        label = f"{service}, best {best:,.0f} messages/s"
        (line,) = axes.plot(list(shares), list(shares.values()), "o-", label=label)
        if (template := entry["template"]) in shares:
            (ring,) = axes.plot([template], [shares[template]], "o", color=line.get_color())
            ring.set(markersize=14, fillstyle="none")
    axes.axhline(100 * result["enough"], color="gray", linestyle="--")
    axes.set_xscale("log")
    sizes = [int(size) for size in next(iter(result["services"].values()))["sizes"]]
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_xlabel("messages a batch; the ring is the template's")
    axes.set_ylabel("% of the best throughput")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
