"""The sections of RESULTS.md on load, and on how the time of an intent grows."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Result = dict[str, Any]
Measured = Callable[[Result], str]

COLOURS = {"server": "#3b6ea5", "handler": "#c0653a"}
KINDS = {"words": "words in one text", "texts": "texts in one request"}


def load(result: Result, measured: Measured) -> list[str]:
    """Throughput of closed loops, and latency against the share of it that comes."""
    told = (
        f"Each figure is of {result['seconds']:g} s. Closed loop: so many clients each send the "
        "next request when the last was answered; the best rate is that of saturation. Open "
        f"arrivals: a Poisson process (seed {result['seed']}) at a share of that rate; latency "
        "counts from when a request was due. The server is `python -m local.server`; the handler "
        "is one process of the built API, which takes one event at a time. Both infer with one "
        "thread, and share the machine with the client."
    )
    lines = ["## Latency under load", "", told, ""]
    for service, entry in result["services"].items():
        title = f"### {service.capitalize()} under load, {entry['requests']} different requests"
        lines += [title, "", *_closed(entry), "", *_open(entry), ""]
    late_ms = max(
        found["late_p99_ms"]
        for entry in result["services"].values()
        for way in COLOURS
        for found in entry[way]["open"].values()
    )
    explained = (
        "M/D/1 is what queueing theory expects of a run without end where each request takes the "
        "median time. Queueing alone is the very arrivals of the run, each request taking the time "
        "that it took in the closed loop: what the mean is above that comes with the load. Service "
        "is the time without the wait. Beyond 100 % the queue grows for as long as the run lasts. "
        f"The client itself was late by up to {late_ms:.1f} ms (largest p99), which is within the "
        "latencies."
    )
    plot = "![load](benchmarks/results/load.svg)"
    return [*lines, explained, "", plot, "", measured(result), ""]


def _closed(entry: Result) -> list[str]:
    lines = ["| process | clients | requests/s | p50 ms | p99 ms |", "|---" * 5 + "|"]
    for way in COLOURS:
        for clients, found in entry[way]["closed"].items():
            cells = [f"{found['per_s']:,.0f}", _ms(found["p50_ms"]), _ms(found["p99_ms"])]
            lines.append(f"| {way} | {clients} | {' | '.join(cells)} |")
    return lines


def _open(entry: Result) -> list[str]:
    heads = ("process", "load", "due/s", "answered/s", "requests", "p50 ms", "p90 ms", "p99 ms")
    theory = ("mean ms", "M/D/1 mean ms", "mean ms by queueing alone", "service p50 ms")
    lines = [f"| {' | '.join(heads + theory)} |", "|---" * 12 + "|"]
    for way in COLOURS:
        for percent, found in entry[way]["open"].items():
            cells = [f"{found['offered_per_s']:,.1f}", f"{found['per_s']:,.1f}"]
            cells.append(f"{found['calls']:,}")
            cells += [_ms(found[name]) for name in ("p50_ms", "p90_ms", "p99_ms", "mean_ms")]
            cells += _theory(found)
            lines.append(f"| {way} | {percent} % | {' | '.join(cells)} |")
    return lines


def _theory(found: Mapping[str, Any]) -> list[str]:
    """Its columns; empty for the server, which does not take one request at a time."""
    if "queued_mean_ms" not in found:
        return ["", "", ""]
    md1_ms = found["md1_mean_ms"]
    endless = "no end" if md1_ms is None else _ms(md1_ms)
    return [endless, _ms(found["queued_mean_ms"]), _ms(found["service_p50_ms"])]


def _ms(value: float) -> str:
    return f"{value:,.1f}" if value >= 10 else f"{value:.2f}"


def intent_scale(result: Result, measured: Measured) -> list[str]:
    """Time against the length of a text and the number of texts."""
    lines = ["## Intent: growth with length and batch", ""]
    for kind, unit in KINDS.items():
        lines += [f"| {unit} | p50 ms | p99 ms | texts/s |", "|---|---|---|---|"]
        for number, found in result["scale"][kind].items():
            lines.append(f"| {_counted(number, found)} | {_scale_cells(found)} |")
        lines.append("")
    told = (
        "The service, one thread, every call with other texts. One with more tokens than the model "
        "takes is refused. "
    )
    plot = "![growth](benchmarks/results/intent_scale.svg)"
    return [*lines, plot, "", told + measured(result), ""]


def _counted(number: str, found: Mapping[str, Any]) -> str:
    """A number, and how many of its requests were refused where it was some of them."""
    if not found["too_long"] or "calls" not in found:
        return number
    return f"{number} ({found['too_long']} of {found['too_long'] + found['calls']} too long)"


def _scale_cells(found: Mapping[str, Any]) -> str:
    if "calls" not in found:
        return "too long |  | "
    return f"{_ms(found['p50_ms'])} | {_ms(found['p99_ms'])} | {found['texts_per_s']:,.0f}"


def plot_load(result: Result, path: Path) -> None:
    """Median and p99 against load, a panel for each service, as SVG."""
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "load"  # the same figures give the same file
    services = result["services"]
    figure, panels = plt.subplots(
        1, len(services), figsize=(4.2 * len(services), 3.8), squeeze=False
    )
    for axes, (service, entry) in zip(panels[0], services.items(), strict=True):
        for way, colour in COLOURS.items():
            found = entry[way]["open"]
            loads = [int(percent) for percent in found]
            for name, style in (("p50", "o-"), ("p99", "^--")):
                values = [value[f"{name}_ms"] for value in found.values()]
                axes.plot(loads, values, style, color=colour, label=f"{way}, {name}")
        axes.set_yscale("log")
        axes.set_title(service)
        axes.set_xlabel("load, % of saturation")
        axes.set_ylabel("milliseconds")
        axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def plot_intent_scale(result: Result, path: Path) -> None:
    """Both curves as SVG."""
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "intent_scale"  # the same figures give the same file
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.5))
    for axes, (kind, unit) in zip(panels, KINDS.items(), strict=True):
        found = {int(n): entry for n, entry in result["scale"][kind].items() if "calls" in entry}
        for name, style in (("p50", "o-"), ("p99", "^--")):
            values = [entry[f"{name}_ms"] for entry in found.values()]
            axes.plot(list(found), values, style, color=COLOURS["server"], label=name)
        axes.set_xlabel(unit)
        axes.set_ylabel("milliseconds")
        axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
