"""What do 1,000 requests a second and a hundred million messages a day take of AWS's quotas?

    python -m benchmarks.scale [--rate 1000] [--messages 100000000] [--peak 3]

Made of results/cost.json, whose durations were measured, and of the quotas in
benchmarks/quotas_2026-11.json; nothing is measured here. Prints the tables of docs/scale.md. Run it
after `python -m benchmarks.cost`.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from math import ceil, log2
from pathlib import Path
from typing import Any

from benchmarks.cost import MONTH_S
from benchmarks.cost_loads import ASSUMED
from benchmarks.machine import load, write
from local.command import at_least_one

QUOTAS = Path(__file__).resolve().with_name("quotas_2026-11.json")
RATE = 1_000  # requests a second by HTTP
MESSAGES = 100_000_000  # a day by queue
PEAK = 3  # the busiest minute's rate over the day's mean
DAY_S = 24 * 60 * 60
PROCESSOR = "x86_64"
SECOND_MS = 1e3
RECORD_KB = 1.0  # of an answer that is kept, and of its job

Quotas = Mapping[str, float]
Row = Mapping[str, Any]


def read_quotas(path: Path = QUOTAS) -> dict[str, float]:
    """The value of each quota."""
    entries = json.loads(path.read_text(encoding="utf-8"))["quotas"]
    return {name: entry["value"] for name, entry in entries.items()}


def minutes_to_reach(invocations: int, quotas: Quotas) -> float:
    """Minutes in which a queue that was idle comes to so many invocations at once."""
    more = max(0.0, invocations - quotas["sqs_first_invocations"])
    return more / quotas["sqs_more_invocations_minute"]


def doublings(peak: float, first: float) -> int:
    """How often a new table's throughput must double until it has a peak."""
    return max(0, ceil(log2(peak / first)))


def _usd(row: Row) -> float:
    parts: Mapping[str, float] = row["usd"][PROCESSOR]["parts_of_an_invocation"]
    return sum(parts.values())


def by_http(row: Row, rate: float, memory_mb: int, quotas: Quotas) -> dict[str, Any]:
    """What so many requests a second take.

    Args:
        row: of results/cost.json, by HTTP.
        rate: requests a second.
        memory_mb: of a function.
        quotas: from `read_quotas`.
    """
    warm = ceil(rate * row["function_ms"] / SECOND_MS)
    start_ms = row["start_ms"] * row["function_ms"] / row["core_ms"]
    # While the first processes start, each request that comes meets none that is free.
    from_nothing = max(warm, ceil(rate * start_ms / SECOND_MS))
    return {
        "service": row["service"],
        "way": row["way"],
        "function_ms": row["function_ms"],
        "environments": warm,
        "of_account": round(warm / quotas["lambda_concurrency"], 3),
        "environments_from_nothing": from_nothing,
        "seconds_to_start_them": round(from_nothing / quotas["lambda_scaling_10_s"] * 10, 1),
        "concurrency_for_the_rate": ceil(rate / quotas["lambda_requests_per_concurrency"]),
        "of_http_api": round(rate / quotas["http_api_requests"], 3),
        "memory_gb": round(warm * memory_mb / 1_024, 1),
        "usd_a_day": round(_usd(row) * rate * DAY_S, 2),
        "usd_30_days": round(_usd(row) * rate * MONTH_S, 2),
    }


def by_queue(row: Row, messages: float, peak: float, quotas: Quotas) -> dict[str, Any]:
    """What so many messages a day take.

    Args:
        row: of results/cost.json, by queue.
        messages: a day.
        peak: the highest rate over the mean one.
        quotas: from `read_quotas`.
    """
    batch = round(row["requests"]["dynamodb_read_unit"] / ASSUMED["result_reads"])
    highest = messages / DAY_S * peak
    invocations = ceil(highest / batch * row["function_ms"] / SECOND_MS)
    writes = highest * row["requests"]["dynamodb_write_unit"] / batch
    return {
        "service": row["service"],
        "way": row["way"],
        "messages_a_batch": batch,
        "function_ms": row["function_ms"],
        "mean_a_second": round(messages / DAY_S, 1),
        "peak_a_second": round(highest, 1),
        "invocations_at_once": invocations,
        "queues": ceil(invocations / quotas["sqs_most_invocations"]),
        "of_account": round(invocations / quotas["lambda_concurrency"], 3),
        "minutes_to_reach": round(minutes_to_reach(invocations, quotas), 1),
        "behind_after_a_jump": round(0.5 * 60 * minutes_to_reach(invocations, quotas) * highest),
        "of_in_flight": round(invocations * batch / quotas["sqs_in_flight"], 4),
        "writes_a_second": round(writes),
        "doublings_of_a_new_table": doublings(writes, quotas["dynamodb_new_table_writes"]),
        "of_table": round(writes / quotas["dynamodb_table_writes"], 3),
        "partitions": ceil(writes / quotas["dynamodb_partition_writes"]),
        "kept_gb": round(messages * RECORD_KB * 1e-6, 1),
        "usd_a_day": round(_usd(row) * messages / batch, 2),
        "usd_30_days": round(_usd(row) * messages / batch * MONTH_S / DAY_S, 2),
        "parts_usd_a_day": {
            name: round(part * messages / batch, 2)
            for name, part in row["usd"][PROCESSOR]["parts_of_an_invocation"].items()
        },
    }


def calculate(cost: Mapping[str, Any], rate: float, messages: float, peak: float) -> dict[str, Any]:
    """The whole document, of results/cost.json."""
    quotas, rows = read_quotas(), cost["rows"]
    ways = {
        kind: [row for row in rows if ("sqs_request" in row["requests"]) == (kind == "queue")]
        for kind in ("http", "queue")
    }
    return {
        "cost": {"date": cost["date"], "results": cost["results"]},
        "quotas": QUOTAS.name,
        "rate": rate,
        "messages_a_day": messages,
        "peak_over_mean": peak,
        "http": [by_http(row, rate, cost["memory_mb"], quotas) for row in ways["http"]],
        "queue": [by_queue(row, messages, peak, quotas) for row in ways["queue"]],
    }


HTTP_COLUMNS = {
    "by": lambda row: f"{row['service']}, {row['way']}",
    "ms": lambda row: f"{row['function_ms']:.1f}",
    "environments": lambda row: f"{row['environments']:,}",
    "of the account's": lambda row: f"{100 * row['of_account']:.0f} %",
    "from nothing": lambda row: f"{row['environments_from_nothing']:,}",
    "s to start": lambda row: f"{row['seconds_to_start_them']:.0f}",
    "USD a day": lambda row: f"{row['usd_a_day']:,.0f}",
}
QUEUE_COLUMNS = {
    "by": lambda row: f"{row['service']}, {row['way']}",
    "ms": lambda row: f"{row['function_ms']:.0f}",
    "at once": lambda row: f"{row['invocations_at_once']:,}",
    "queues": lambda row: f"{row['queues']}",
    "minutes to reach": lambda row: f"{row['minutes_to_reach']:.1f}",
    "in flight": lambda row: f"{100 * row['of_in_flight']:.1f} %",
    "writes/s": lambda row: f"{row['writes_a_second']:,}",
    "of a table's": lambda row: f"{100 * row['of_table']:.0f} %",
    "GB kept a day": lambda row: f"{row['kept_gb']:,.0f}",
    "USD a day": lambda row: f"{row['usd_a_day']:,.0f}",
}


def table(columns: Mapping[str, Any], rows: Sequence[Row]) -> list[str]:
    """Markdown."""
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    return [*lines, *(f"| {' | '.join(cell(row) for cell in columns.values())} |" for row in rows)]


def main(argv: list[str] | None = None) -> None:
    """Calculate, print the tables and write results/scale.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rate", type=at_least_one, default=RATE, help="requests a second")
    parser.add_argument("--messages", type=at_least_one, default=MESSAGES, help="a day")
    parser.add_argument("--peak", type=float, default=PEAK, help="highest rate over the mean")
    args = parser.parse_args(argv)
    cost = load("cost")
    if cost is None:
        raise SystemExit("results/cost.json is not there: run 'python -m benchmarks.cost' first")
    found = calculate(cost, args.rate, args.messages, args.peak)
    print(f"{args.rate:,} requests a second by HTTP\n")
    print("\n".join(table(HTTP_COLUMNS, found["http"])))
    print(f"\n{args.messages:,} messages a day by queue, at most {args.peak:g} times the mean\n")
    print("\n".join(table(QUEUE_COLUMNS, found["queue"])))
    path = write("scale", "python -m benchmarks.scale", found)
    print(f"\nwrote {path.name}")


if __name__ == "__main__":
    main()
