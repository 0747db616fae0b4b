"""The arithmetic of the table of costs, and that its figures lead back to their sources."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import cost_report
from benchmarks.cost import (
    COLD_SHARES,
    STARTS,
    at_rest,
    calculate,
    function_ms,
    invocation_parts,
    read_prices,
    start_usd,
    unit_usd,
)
from benchmarks.cost_loads import HTTP, Load, batch_size, function_count, queue_requests

PRICES = read_prices()
PROCESSORS = st.sampled_from(["x86_64", "arm64"])
STARTED = st.sampled_from(STARTS)
SHARES = st.floats(0, 1)
MEMORIES_MB = st.integers(512, 10_240)
RESULTS = {
    "latency": {
        "texts": {
            "1": {"handler": {"p50_ms": 2.0}, "service": {"p50_ms": 1.5}},
            "32": {"handler": {"p50_ms": 40.0}},
        }
    },
    "translation": {
        "threads": {
            "1": {
                beams: {
                    size: {"this project, handler": {"sentences_per_s": rate}}
                    for size, rate in (("1", 100.0), ("32", 400.0))
                }
                for beams in ("1", "4")
            }
        }
    },
    "recommendation": {"users": {"1": {"service": {"p50_ms": 0.5}}}},
    "cold_start": {
        "ways": {
            f"{service} {kind}": {"p50_ms": 500.0}
            for service in ("intent", "translation", "recommendation")
            for kind in ("api", "worker")
        }
    },
    "memory": {"resident": {"intent api": {"peak_mb": 150.0}, "translation api": {"peak_mb": 200}}},
}
MEASURED = {
    name: result | {"date": "2026-11-24", "machine": {}} for name, result in RESULTS.items()
}


def http_load(core_ms=2.0, start_ms=500.0):
    return Load(
        service="intent",
        way="HTTP",
        answers=1,
        unit="million intents",
        unit_size=1_000_000,
        core_ms=core_ms,
        figure="",
        waits_ms=0,
        start_ms=start_ms,
        requests=HTTP,
        peer="Lex",
        peer_price="lex_text_request",
    )


@st.composite
def any_load(draw):
    return http_load(draw(st.floats(0.01, 10_000)), draw(st.floats(1, 10_000)))


def total(load, processor="x86_64", memory_mb=1_024, cold_share=0.0, start="init"):
    parts = invocation_parts(load, PRICES, processor, memory_mb, cold_share, start)
    return unit_usd(load, parts)


@pytest.fixture(scope="module")
def document():
    return calculate(MEASURED)


def test_a_million_intents_by_hand():
    # 2 ms of a core are 3.46 ms of a function of 1,024 MB: 4 ms are billed.
    time_usd = 1e6 * 0.004 * 0.0000166667
    assert total(http_load()) == pytest.approx(time_usd + 0.20 + 1.00)


def test_a_cold_start_by_hand():
    # 500 ms of a core are 863.8 ms of the function.
    assert start_usd(http_load(), PRICES, "x86_64", 1_024, "init") == pytest.approx(
        0.864 * 0.0000166667
    )
    assert start_usd(http_load(), PRICES, "x86_64", 2_048, "snapshot") == pytest.approx(
        2 * 0.0001397998
    )


@pytest.mark.parametrize(
    ("memory_mb", "ms"), [(1_769, 10.0), (3_538, 10.0), (10_240, 10.0), (884.5, 20.0), (512, 34.55)]
)
def test_a_function_is_as_fast_as_its_memory_but_no_faster_than_a_core(memory_mb, ms):
    assert function_ms(10.0, memory_mb) == pytest.approx(ms, abs=0.01)


@given(any_load(), PROCESSORS, SHARES, STARTED, st.integers(1, 1_000))
def test_the_price_is_linear_in_what_is_asked(load, processor, share, start, times):
    more = replace(load, unit_size=times * load.unit_size)
    once = total(load, processor, cold_share=share, start=start)
    assert total(more, processor, cold_share=share, start=start) == pytest.approx(times * once)


@given(any_load(), MEMORIES_MB, SHARES, STARTED)
def test_arm_is_cheaper(load, memory_mb, share, start):
    arm = total(load, "arm64", memory_mb, share, start)
    assert arm < total(load, "x86_64", memory_mb, share, start)


@given(any_load(), PROCESSORS, STARTED, SHARES, SHARES)
def test_more_cold_starts_cost_more(load, processor, start, share, other):
    low, high = sorted((share, other))
    cheap, dear = (total(load, processor, cold_share=s, start=start) for s in (low, high))
    assert cheap <= dear
    if high - low > 1e-6:
        assert cheap < dear


@given(st.floats(50, 10_000), st.integers(256, 1_769))
def test_below_one_core_memory_buys_speed_and_not_money(core_ms, memory_mb):
    small, whole = (
        invocation_parts(http_load(core_ms), PRICES, "x86_64", memory, 0)["lambda_time"]
        for memory in (memory_mb, 1_769)
    )
    assert small == pytest.approx(whole, rel=0.03)  # but for whole milliseconds


@given(st.integers(1, 200))
def test_larger_batches_make_a_message_cheaper(batch):
    def each(size):
        requests = queue_requests("intent", size)
        return sum(count * PRICES[name] for name, count in requests.items()) / size

    assert each(10 * batch) < each(1)
    assert queue_requests("intent", 1)["sqs_request"] == 3
    assert queue_requests("intent", 10)["sqs_request"] == 12
    assert queue_requests("intent", 100)["sqs_request"] == 120


def test_batches_and_functions_are_those_of_the_template():
    sizes = {name: batch_size(name) for name in ("intent", "translation", "recommendation")}
    assert sizes == {"intent": 10, "translation": 10, "recommendation": 10}
    assert function_count() == 6


def test_every_price_of_a_line_is_the_sum_of_its_parts(document):
    assert document["rows"]
    for row in document["rows"]:
        for processor in ("x86_64", "arm64"):
            usd = row["usd"][processor]
            parts = sum(usd["parts_of_an_invocation"].values())
            warm = parts * row["unit_size"] / row["answers"]
            assert usd["warm"] == pytest.approx(warm, rel=1e-4)
            for start in STARTS:
                assert list(usd[start]) == [str(share) for share in COLD_SHARES]
                assert usd["warm"] < usd[start]["0.01"] < usd[start]["0.1"]


def test_every_service_is_priced_by_http_and_by_queue_beside_its_peer(document):
    ways = {(row["service"], row["way"].partition(",")[0]) for row in document["rows"]}
    services = ("intent", "translation", "recommendation")
    assert ways == {(service, way) for service in services for way in ("HTTP", "queue")}
    assert {row["peer"]: row["peer_usd"] for row in document["rows"]} == {
        "Lex": 750.0,
        "Translate": 15.0,
        "Personalize": 0.15,
    }


def test_translation_is_priced_by_the_characters_that_were_timed(document):
    row = next(row for row in document["rows"] if row["way"].startswith("HTTP, 32 sentences"))
    assert row["core_ms"] == pytest.approx(80.0)  # 32 at 400 a second
    assert 20 < row["answers"] / 32 < 60
    assert row["unit_size"] == 1_000_000


def test_snapshots_cost_at_rest():
    found = at_rest(PRICES, 1_024)
    assert found["snapshot_of_a_function"] == pytest.approx(3.90, abs=0.01)
    assert found["snapshots_of_all"] == pytest.approx(6 * found["snapshot_of_a_function"])


def test_the_report_shows_every_line_and_what_it_rests_on(document):
    result = {"command": "c", "date": "2026-11-24", **json.loads(json.dumps(document))}
    text = "\n".join(cost_report.sections({"cost": result}.get))
    for row in result["rows"]:
        assert f"| {row['way']} |" in text
    for told in ("1,024 MB", "arm64 was not measured", "Left out", "which are assumed"):
        assert told in text
    assert f"(benchmarks/{result['prices']})" in text
    assert cost_report.sections({}.get) == []


def test_the_committed_table_is_of_the_committed_results():
    """Run `python -m benchmarks.cost` after other benchmarks."""
    folder = Path(cost_report.__file__).parent / "results"
    document = json.loads((folder / "cost.json").read_text())
    results = {
        name: json.loads((folder / f"{name}.json").read_text()) for name in document["results"]
    }
    again = json.loads(json.dumps(calculate(results)))
    assert {key: document[key] for key in again} == again
