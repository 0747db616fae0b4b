"""What so many requests and messages take of AWS's quotas."""

import json

import pytest

from benchmarks import machine, scale
from benchmarks.cost import calculate as priced
from benchmarks.scale import (
    QUOTAS,
    by_http,
    by_queue,
    calculate,
    doublings,
    minutes_to_reach,
    read_quotas,
)

from .test_cost import MEASURED

QUOTA = read_quotas()


@pytest.fixture(scope="module")
def cost():
    return priced(MEASURED) | {"date": "2026-11-28"}


def row(cost, service, way):
    return next(r for r in cost["rows"] if r["service"] == service and r["way"].startswith(way))


def test_a_thousand_requests_a_second_by_hand(cost):
    # 2 ms of a core are 3.46 ms of a function, and its start of 500 ms 863.8.
    found = by_http(row(cost, "intent", "HTTP, 1 text"), 1_000, 1_024, QUOTA)
    assert (found["environments"], found["environments_from_nothing"]) == (4, 864)
    assert (found["of_account"], found["seconds_to_start_them"]) == (0.004, 8.6)
    assert found["concurrency_for_the_rate"] == 100  # by ten requests for each
    assert found["of_http_api"] == 0.1
    # 4 ms are billed.
    usd = 0.004 * 0.0000166667 + 0.20e-6 + 1.00e-6
    assert found["usd_a_day"] == pytest.approx(usd * 1_000 * 86_400, abs=0.01)


def test_a_hundred_million_messages_a_day_by_hand(cost):
    found = by_queue(row(cost, "intent", "queue, 10"), 1e8, 3, QUOTA)
    assert (found["mean_a_second"], found["peak_a_second"]) == (1_157.4, 3_472.2)
    # Ten in 15 ms of a core, which are 25.9, and 100 ms of waiting: 347.2 batches a second.
    assert found["invocations_at_once"] == 44
    assert found["minutes_to_reach"] == pytest.approx(39 / 300, abs=0.05)
    assert found["writes_a_second"] == round(3_472.2 * 3)
    assert (found["doublings_of_a_new_table"], found["partitions"]) == (2, 11)
    assert found["of_table"] == pytest.approx(0.26, abs=0.001)
    assert sum(found["parts_usd_a_day"].values()) == pytest.approx(found["usd_a_day"], abs=0.03)


def test_an_idle_queue_begins_with_five_and_a_table_with_four_thousand():
    assert minutes_to_reach(5, QUOTA) == minutes_to_reach(1, QUOTA) == 0
    assert minutes_to_reach(305, QUOTA) == 1
    assert [doublings(peak, 4_000) for peak in (1, 4_000, 4_001, 8_000, 33_000)] == [0, 0, 1, 1, 4]


def test_twice_the_rate_costs_twice_as_much(cost):
    for kind, given in (("http", [(1_000, 1e8), (2_000, 1e8)]), ("queue", [(1, 1e8), (1, 2e8)])):
        once, twice = (calculate(cost, rate, messages, 3)[kind] for rate, messages in given)
        for one, two in zip(once, twice, strict=True):
            assert two["usd_a_day"] == pytest.approx(2 * one["usd_a_day"], abs=0.02)


def test_every_quota_says_where_it_is_published():
    for entry in json.loads(QUOTAS.read_text(encoding="utf-8"))["quotas"].values():
        assert entry["published"].startswith("https://docs.aws.amazon.com/")
        assert entry["status"] in {"read", "known"}
        assert entry["value"] > 0


def test_the_tables_have_a_row_for_each_way(cost, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "RESULTS_DIR", tmp_path)
    with pytest.raises(SystemExit, match=r"benchmarks\.cost"):
        scale.main([])
    (tmp_path / "cost.json").write_text(json.dumps(cost))
    scale.main(["--rate", "500"])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert len(lines) == len(cost["rows"]) + 2
    assert json.loads((tmp_path / "scale.json").read_text())["rate"] == 500
