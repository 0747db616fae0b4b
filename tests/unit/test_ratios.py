"""What a quick run of the benchmarks prints."""

import json

import pytest

from benchmarks import machine, ratios
from benchmarks.intent_report import CTRANSLATE2_PEER, TORCH_PEER


def ms(p50: float) -> dict[str, float]:
    return {"p50_ms": p50}


@pytest.fixture
def results(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "RESULTS_DIR", tmp_path)
    return tmp_path


def test_nothing_is_said_of_what_was_not_measured(results, capsys):
    ratios.main()
    assert capsys.readouterr().out == ""


def test_ratios_are_those_of_one_run(results, capsys):
    ways = {
        "bare session.run": ms(1.0),
        "handler": ms(1.6),
        TORCH_PEER: ms(8.0),
        CTRANSLATE2_PEER: ms(2.0),
    }
    (results / "latency.json").write_text(json.dumps({"texts": {"1": ways}}))
    users = {"1": {"torch eager, fp32": ms(0.9), "service": ms(0.3)}}
    (results / "recommendation.json").write_text(json.dumps({"users": users}))
    ratios.main()
    told = [line.split("  ", 1) for line in capsys.readouterr().out.splitlines()]
    found = {name: value.split() for name, value in told}
    assert found[f"intent, 1 at once: handler, times as fast as {TORCH_PEER}"] == ["5.00"]
    bare = f"intent, 1 at once: bare session.run, times as fast as {CTRANSLATE2_PEER}"
    assert found[bare] == ["2.00"]
    assert found["intent: ms of the handler over the bare model"][:2] == ["0.60", "(aim:"]
    assert found["recommendation, 1 at once: times as fast as torch"][0] == "3.00"
