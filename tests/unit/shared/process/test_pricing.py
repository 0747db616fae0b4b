import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.process import pricing
from shared.process.pricing import (
    USD_PER_GB_SECOND,
    USD_PER_REQUEST,
    architecture,
    estimated_cost,
    invocation_usd,
    time_usd,
)
from shared.settings import get_settings

PRICES = Path(__file__).parents[4] / "benchmarks" / "prices_2026-11.json"
PROCESSORS = st.sampled_from(sorted(USD_PER_GB_SECOND))
DURATIONS_MS = st.integers(0, 900_000)
MEMORIES_MB = st.integers(128, 10_240)


def test_prices_are_those_of_the_dated_file():
    published = json.loads(PRICES.read_text())["prices"]
    assert published["lambda_request"]["usd"] == USD_PER_REQUEST
    assert {
        f"lambda_gb_second_{processor}": usd for processor, usd in USD_PER_GB_SECOND.items()
    } == {name: entry["usd"] for name, entry in published.items() if name.startswith("lambda_gb_")}


def test_every_price_says_who_publishes_it_and_where_and_when_it_was_read():
    document = json.loads(PRICES.read_text())
    assert PRICES.stem.endswith(document["checked"][:7])
    for name, entry in document["prices"].items():
        assert entry["usd"] > 0, name
        assert entry["published"].startswith("https://aws.amazon.com/"), name
        assert entry["status"] in {"read", "second hand", "given"}, name
        assert entry["source"], name
        assert entry["source_date"] <= document["checked"], name


@pytest.mark.parametrize(
    ("processor", "usd"),
    [("x86_64", 0.5 * 1.0 * 0.0000166667 + 2e-7), ("arm64", 0.5 * 1.0 * 0.0000133334 + 2e-7)],
)
def test_half_a_second_of_a_gigabyte(processor, usd):
    assert invocation_usd(500, 1_024, processor) == pytest.approx(usd)


@pytest.mark.parametrize(("ms", "billed"), [(0, 0), (0.01, 1), (3, 3), (3.0000000001, 3), (3.1, 4)])
def test_a_part_of_a_millisecond_is_billed_as_a_whole_one(ms, billed):
    assert time_usd(ms, 1_024, 1.0) == pytest.approx(billed / 1e3)


@given(DURATIONS_MS, MEMORIES_MB, PROCESSORS, st.integers(1, 50))
def test_time_is_priced_in_proportion_to_itself_and_to_memory(ms, memory_mb, processor, times):
    price = USD_PER_GB_SECOND[processor]
    once = time_usd(ms, memory_mb, price)
    assert time_usd(times * ms, memory_mb, price) == pytest.approx(times * once)
    assert time_usd(ms, times * memory_mb, price) == pytest.approx(times * once)


@given(DURATIONS_MS.filter(bool), MEMORIES_MB)
def test_arm_is_cheaper(ms, memory_mb):
    x86, arm = (invocation_usd(ms, memory_mb, processor) for processor in ("x86_64", "arm64"))
    assert arm < x86


@pytest.mark.parametrize(
    ("machine", "name"), [("x86_64", "x86_64"), ("aarch64", "arm64"), ("arm64", "arm64")]
)
def test_the_processor_has_lambdas_name(monkeypatch, machine, name):
    monkeypatch.setattr(pricing.platform, "machine", lambda: machine)
    assert architecture() == name


def test_the_estimate_is_by_the_functions_own_memory(monkeypatch):
    monkeypatch.setattr(pricing.platform, "machine", lambda: "aarch64")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048")
    get_settings.cache_clear()
    assert estimated_cost(99.2) == f"{0.1 * 2 * 0.0000133334 + 2e-7:.10f}" == "0.0000028667"


def test_a_short_estimate_is_no_exponent():
    assert "e" not in estimated_cost(0.1)
    assert float(estimated_cost(0.1)) >= USD_PER_REQUEST
