"""What do a million intents, a million translated characters and a thousand recommendations cost?

    python -m benchmarks.cost

Made of the durations in benchmarks/results, the sizes in template.yaml and the published prices in
benchmarks/prices_2026-11.json; nothing is measured here. Run it after the other benchmarks.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.arguments import parser
from benchmarks.cost_loads import (
    ASSUMED,
    Load,
    function_count,
    loads,
    peak_memory_mb,
    template_memory_mb,
)
from benchmarks.machine import RESULTS_DIR, write
from shared.process.pricing import MB_PER_GB, USD_PER_GB_SECOND, time_usd
from shared.settings import MEMORY_PER_VCPU_MB

PRICES = Path(__file__).resolve().with_name("prices_2026-11.json")
SOURCES = ("latency", "translation", "recommendation", "cold_start", "memory")
OPTIONAL = ("opus_size",)
COLD_SHARES = (0.01, 0.1)
STARTS = ("init", "snapshot")
MONTH_S = 30 * 24 * 60 * 60
LEFT_OUT = (
    "free tiers, taxes and discounts",
    "logs and metrics in CloudWatch, X-Ray, data transfer",
    "all that costs at rest: alarms, the dashboard, stored data, polls of idle queues, snapshots",
    "reading a stored history of events, keys of idempotency, retries",
    "time in Lambda's runtime outside the handler, and after a restored snapshot",
    "training one's own models",
)

Prices = Mapping[str, float]


def read_prices(path: Path = PRICES) -> dict[str, float]:
    """USD of one unit each."""
    entries = json.loads(path.read_text(encoding="utf-8"))["prices"]
    return {name: entry["usd"] for name, entry in entries.items()}


def function_ms(core_ms: float, memory_mb: int) -> float:
    """How long a function needs for what one full core does in ``core_ms``.

    Lambda grants CPU time by memory, one core at 1,769 MB; one thread cannot use more than that.
    """
    return core_ms * max(1.0, MEMORY_PER_VCPU_MB / memory_mb)


def start_usd(load: Load, prices: Prices, processor: str, memory_mb: int, start: str) -> float:
    """Price of starting one process: of its ``init``, or of restoring a ``snapshot``."""
    if start == "snapshot":
        return prices["snapstart_restore_gb"] * memory_mb / MB_PER_GB
    per_gb_second = prices[f"lambda_gb_second_{processor}"]
    return time_usd(function_ms(load.start_ms, memory_mb), memory_mb, per_gb_second)


def invocation_parts(
    load: Load,
    prices: Prices,
    processor: str,
    memory_mb: int,
    cold_share: float = 0.0,
    start: str = "init",
) -> dict[str, float]:
    """Price of one invocation by what is paid, in USD.

    Args:
        load: what it does.
        prices: USD of one unit each.
        processor: Lambda's name for it.
        memory_mb: of the function.
        cold_share: share of invocations that start a process first.
        start: how they do, ``init`` or ``snapshot``.
    """
    duration_ms = function_ms(load.core_ms, memory_mb) + load.waits_ms
    per_gb_second = prices[f"lambda_gb_second_{processor}"]
    parts = {"lambda_time": time_usd(duration_ms, memory_mb, per_gb_second)}
    parts |= {name: count * prices[name] for name, count in load.requests.items()}
    if cold_share:
        parts["starts"] = cold_share * start_usd(load, prices, processor, memory_mb, start)
    return parts


def unit_usd(load: Load, parts: Mapping[str, float]) -> float:
    """Price of the load's unit, such as a million characters."""
    return sum(parts.values()) * load.unit_size / load.answers


def row(load: Load, prices: Prices, memory_mb: int) -> dict[str, Any]:
    """Every figure of one line of the table."""
    found: dict[str, Any] = asdict(load) | {
        "function_ms": round(function_ms(load.core_ms, memory_mb) + load.waits_ms, 3),
        "peer_usd": round(prices[load.peer_price] * load.unit_size, 6),
        "usd": {},
    }
    for processor in USD_PER_GB_SECOND:
        parts = invocation_parts(load, prices, processor, memory_mb)
        usd: dict[str, Any] = {
            "parts_of_an_invocation": {name: round(part, 12) for name, part in parts.items()},
            "warm": round(unit_usd(load, parts), 9),
        }
        for start in STARTS:
            usd[start] = {}
            for share in COLD_SHARES:
                parts = invocation_parts(load, prices, processor, memory_mb, share, start)
                usd[start][str(share)] = round(unit_usd(load, parts), 9)
        found["usd"][processor] = usd
    return found


def at_rest(prices: Prices, memory_mb: int) -> dict[str, float]:
    """What snapshots cost for 30 days."""
    function = prices["snapstart_cache_gb_second"] * memory_mb / MB_PER_GB * MONTH_S
    return {"snapshot_of_a_function": function, "snapshots_of_all": function_count() * function}


def calculate(results: Mapping[str, Any]) -> dict[str, Any]:
    """The whole document.

    Args:
        results: of `SOURCES` and `OPTIONAL`, by name.
    """
    prices, memory_mb = read_prices(), template_memory_mb()
    return {
        "prices": PRICES.name,
        "results": {
            name: {key: results[name][key] for key in ("date", "machine")}
            for name in (*SOURCES, *OPTIONAL)
            if name in results
        },
        "memory_mb": memory_mb,
        "peak_resident_mb": peak_memory_mb(results["memory"]),
        "function_ms_of_a_core_ms": function_ms(1.0, memory_mb),
        "assumed": ASSUMED,
        "left_out": LEFT_OUT,
        "at_rest_30_days_usd": at_rest(prices, memory_mb),
        "own_logs_of_a_million_invocations_usd": ASSUMED["own_log_bytes"] / 1e3 * prices["logs_gb"],
        "rows": [row(load, prices, memory_mb) for load in loads(results)],
    }


def main() -> None:
    """Calculate and write results/cost.json."""
    results = {}
    for name in (*SOURCES, *OPTIONAL):
        path = RESULTS_DIR / f"{name}.json"
        if not path.exists():
            if name in OPTIONAL:
                continue
            raise SystemExit(f"{path} is not there: run 'make bench' first")
        results[name] = json.loads(path.read_text(encoding="utf-8"))
    path = write("cost", "python -m benchmarks.cost", calculate(results))
    print(f"wrote {path.name}")


if __name__ == "__main__":
    parser(__doc__).parse_args()
    main()
