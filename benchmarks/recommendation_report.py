"""The report's part on recommendation."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Result = dict[str, Any]
Measured = Callable[[Result], str]

PUBLISHED = (
    ("SASRec with sampled softmax", 0.0921, 0.0531),
    ("HSTU", 0.0788, 0.0439),
    ("TIGER", 0.0648, 0.0384),
    ("SASRec", 0.0605, 0.0318),
)
FIGURES = ("hr@5", "hr@10", "ndcg@5", "ndcg@10")
BASKET = ("recall@10", "recall@20", "ndcg@10", "ndcg@20")
AIMS = {"hr@10": 0.090, "ndcg@10": 0.052}
LEAD = 1.1  # aim: NDCG@20 over that of item-transition counts


def _rows(ways: Mapping[str, Mapping[str, float]], names: tuple[str, ...]) -> list[str]:
    lines = ["| ranked by | " + " | ".join(names) + " | catalogue shown | popularity percentile |"]
    lines.append("|---" * (3 + len(names)) + "|")
    for way, values in ways.items():
        cells = " | ".join(f"{values[name]:.4f}" for name in names)
        shown = f"{100 * values['coverage@10']:.1f} %"
        lines.append(f"| {way} | {cells} | {shown} | {values['popularity_percentile@10']:.3f} |")
    return lines


def quality(result: Result, measured: Measured) -> list[str]:
    """Online Retail's next basket, and Beauty beside published figures."""
    shop, beauty = result["online_retail"], result["beauty"]
    ways = shop["ranked_by"]
    lead = ways["int8"]["ndcg@20"] / ways["item-transition counts"]["ndcg@20"]
    own = ways["int8"]["ndcg@20"] / ways["own frequency"]["ndcg@20"]
    lines = ["## Recommendation quality", "", "### Online Retail: the next basket", ""]
    lines += [f"Model `{shop['model']}`, {shop['users']:,} customers, trained by", ""]
    lines += [f"    {shop['command']}", "", *_rows(ways, BASKET), ""]
    verdict = (
        f"NDCG@20 is {lead:.2f} times that of item-transition counts (aim: {LEAD}) and {own:.2f} "
        "times that of ranking by what the customer bought most often, which knows no new items. "
        f"{100 * shop['ten_best_differing']:.2f} % of the ten best items differ between int8 and "
        "fp32."
    )
    lines += [
        verdict,
        "",
        f"### Amazon Beauty: leave one out, full ranking, mean of seeds {beauty['seeds']}",
        "",
        *([f"Measured {beauty['date']}.", ""] if "date" in beauty else []),
        *_rows(beauty["mean"], FIGURES),
        "",
        "| published | HR@10 | NDCG@10 |",
        "|---|---|---|",
        *(f"| {name} | {hit:.4f} | {ndcg:.4f} |" for name, hit, ndcg in PUBLISHED),
        "",
    ]
    reached = beauty["mean"]["int8"]
    verdicts = [
        f"{name} >= {aim}: {'reached' if reached[name] >= aim else '**missed**'}"
        for name, aim in AIMS.items()
    ]
    lines += [f"Aim, int8: {'; '.join(verdicts)}.", ""]
    return [*lines, *_cold(result["cold"]), measured(result), ""]


def _cold(cold: Result) -> list[str]:
    """Items without an event."""
    told = (
        f"Of Online Retail's items {cold['items']} lose their trained vectors; ranked are only "
        f"these, for the {cold['users']:,} customers whose test basket holds one."
    )
    lines = ["### Items that nobody had yet, placed by their titles", "", told, ""]
    lines += [
        "| ranked by | recall@10 | NDCG@10 | of the ten best of all items |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {way} | {values['recall@10']:.4f} | {values['ndcg@10']:.4f} | {values['shown']:.1%} |"
        for way, values in cold["ranked_by"].items()
    ]
    told = (
        "The last column: their share of what these customers are shown where all items are ranked."
    )
    return [*lines, "", told, ""]


def speed(result: Result, measured: Measured) -> list[str]:
    """One user and 64."""
    ways = result["users"]
    lines = [
        f"## Recommendation: warm latency, one thread, {result['history']} events, k {result['k']}",
        "",
        "| way | 1 user p50 ms | p99 ms | 64 users p50 ms | users/s at 64 |",
        "|---|---|---|---|---|",
    ]
    for name, one in ways["1"].items():
        many = ways["64"][name]["p50_ms"]
        cells = f"{one['p50_ms']:.3f} | {one['p99_ms']:.3f} | {many:.2f} | {64e3 / many:,.0f}"
        lines.append(f"| {name} | {cells} |")
    torch = {users: way["torch eager, fp32"]["p50_ms"] for users, way in ways.items()}
    alone, service = (
        [f"{torch[users] / ways[users][name]['p50_ms']:.1f}" for users in ways]
        for name in ("model alone", "service")
    )
    verdict = (
        f"The model alone is {alone[0]} times as fast as torch for one user (aim: 3), {alone[1]} "
        f"times for 64; the whole service, which checks and resolves 50 events, {service[0]} and "
        f"{service[1]} times (aim: p50 at most 3 ms). The numpy line is a product with the table "
        "and a top-k, without any model."
    )
    return [*lines, "", verdict, "", measured(result), ""]


def controls(result: Result, measured: Measured) -> list[str]:
    """What promotions, boosts and groups add."""
    sizes = result["processor_ms"]
    lines = [
        "### What controls add",
        "",
        "| request | 1 user, p50 ms | 64 users, p50 ms |",
        "|---|---|---|",
    ]
    lines += [f"| {way} | {ms:.3f} | {sizes['64'][way]:.2f} |" for way, ms in sizes["1"].items()]
    one, many = (ways["all three"] / ways["none"] for ways in sizes.values())
    verdict = "reached" if max(one, many) <= 1 else "**missed**"
    told = (
        f"Processor time of the whole service, {result['history']} events, k {result['k']}. Other "
        "work on the machine shares its caches: compare the ways with each other. All three take "
        f"{one:.2f} times as much as none for one user, {many:.2f} times for 64 (aim: not more; "
        f"{verdict})."
    )
    return [*lines, "", told, "", measured(result), ""]


def scale(result: Result, measured: Measured) -> list[str]:
    """By catalogue, history and k."""
    sizes = result["sizes"]
    lines = ["### How it grows", ""]
    lines += ["| items | p50 ms | p99 ms | peak resident MB |", "|---|---|---|---|"]
    for size in sizes:
        usual = size["default"]
        cells = f"{usual['p50_ms']:.2f} | {usual['p99_ms']:.2f} | {size['peak_resident_mb']:.0f}"
        lines.append(f"| {size['items']:,} | {cells} |")
    lines += ["", "| items | " + " | ".join(f"{n} events" for n in sizes[0]["by_history"])]
    lines[-1] += " | " + " | ".join(f"k {k}" for k in sizes[0]["by_k"]) + " |"
    lines.append("|---" * (1 + len(sizes[0]["by_history"]) + len(sizes[0]["by_k"])) + "|")
    for size in sizes:
        entries = [*size["by_history"].values(), *size["by_k"].values()]
        cells = " | ".join(f"{entry['p50_ms']:.2f}" for entry in entries)
        lines.append(f"| {size['items']:,} | {cells} |")
    lines += _by_shoppers(sizes)
    told = (
        "Milliseconds, p50, of encoding and ranking with random weights; 50 events and k 10 where "
        "another thing varies. Aim: at most 30 ms for a million items."
    )
    if any(size.get("mapped") for size in sizes):
        told += (
            " Above a million items the int8 table stays on disk, memory-mapped, and is ranked in "
            "blocks of a million whose best are merged; each block's ranker has a packed copy."
        )
    lines += [
        "",
        told,
        "",
        "![how a recommendation's time grows](benchmarks/results/recommendation_scale.svg)",
        "",
    ]
    return [*lines, measured(result), ""]


def _by_shoppers(sizes: Sequence[Result]) -> list[str]:
    """Milliseconds of a shopper, where several are asked for at once."""
    counted = [size for size in sizes if "by_shoppers" in size]
    if not counted:
        return []
    counts = list(counted[0]["by_shoppers"])
    lines = ["", "| items | " + " | ".join(f"a shopper of {n}" for n in counts) + " |"]
    lines.append("|---" * (1 + len(counts)) + "|")
    for size in counted:
        each = [entry["p50_ms"] / int(n) for n, entry in size["by_shoppers"].items()]
        lines.append(f"| {size['items']:,} | {' | '.join(f'{ms:.2f}' for ms in each)} |")
    return lines


def plot_scale(result: Result, path: Path) -> None:
    """Time by catalogue size, history length and k, as SVG."""
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = path.stem
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    sizes = result["sizes"]
    items = [size["items"] for size in sizes]
    left.loglog(items, [size["default"]["p50_ms"] for size in sizes], marker="o", label="p50 ms")
    left.loglog(items, [size["peak_resident_mb"] for size in sizes], marker="s", label="peak MB")
    left.set_xlabel("items of the catalogue")
    left.legend()
    for size in sizes:
        lengths = [int(n) for n in size["by_history"]]
        values = [entry["p50_ms"] for entry in size["by_history"].values()]
        right.loglog(lengths, values, marker="o", label=f"{size['items']:,} items")
    right.set_xlabel("events of the history")
    right.set_ylabel("p50 ms")
    right.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def sections(load: Callable[[str], Result | None], measured: Measured) -> list[str]:
    """All parts that were measured."""
    lines: list[str] = []
    for name, section in (
        ("recommendation_quality", quality),
        ("recommendation", speed),
        ("recommendation_controls", controls),
        ("recommendation_scale", scale),
    ):
        if result := load(name):
            lines += section(result, measured)
    return lines
