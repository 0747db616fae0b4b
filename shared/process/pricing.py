"""What Lambda asks for answering a request, by AWS's published prices.

On demand in us-east-1, first tier, without the free tier. ``benchmarks/prices_2026-11.json`` tells
where each price was read; a test holds both together.
"""

import math
import platform

from shared.settings import get_settings

USD_PER_GB_SECOND = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
USD_PER_REQUEST = 0.0000002
MB_PER_GB = 1_024
_ARM_NAMES = {"aarch64", "arm64"}  # of Linux, of macOS


def architecture() -> str:
    """The processor of this process, by Lambda's name for it."""
    return "arm64" if platform.machine() in _ARM_NAMES else "x86_64"


def time_usd(duration_ms: float, memory_mb: int, usd_per_gb_second: float) -> float:
    """Price of running for ``duration_ms``, which Lambda rounds up to whole ms."""
    # 3.0000000001 ms is a measured 3 ms, not 4
    billed_s = math.ceil(round(duration_ms, 6)) / 1e3
    return billed_s * memory_mb / MB_PER_GB * usd_per_gb_second


def invocation_usd(duration_ms: float, memory_mb: int, processor: str) -> float:
    """Price of one invocation on ``processor``: its time and the request."""
    return time_usd(duration_ms, memory_mb, USD_PER_GB_SECOND[processor]) + USD_PER_REQUEST


def estimated_cost(duration_ms: float) -> str:
    """Value of the ``x-estimated-cost-usd`` header of a request that took so long here.

    What is not in it: a cold start, API Gateway, stores and logs. Outside Lambda it is what a
    function with one full vCPU would cost.
    """
    return f"{invocation_usd(duration_ms, get_settings().memory_mb, architecture()):.10f}"
