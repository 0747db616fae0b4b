"""What a quick run of the benchmarks prints."""

import json

import pytest

from benchmarks import ratios
from benchmarks.intent_report import CTRANSLATE2_PEER, TORCH_PEER


def ms(p50: float) -> dict[str, float]:
    return {"p50_ms": p50}


@pytest.fixture
def results(monkeypatch, tmp_path):
    monkeypatch.setattr(ratios, "RESULTS_DIR", tmp_path)
    return tmp_path


def test_nothing_is_said_of_what_was_not_measured(results, capsys):
    ratios.main([])
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
    ratios.main([])
    told = [line.split("  ", 1) for line in capsys.readouterr().out.splitlines()]
    found = {name: value.split() for name, value in told}
    assert found[f"intent, 1 at once: handler, times as fast as {TORCH_PEER}"] == ["5.00"]
    bare = f"intent, 1 at once: bare session.run, times as fast as {CTRANSLATE2_PEER}"
    assert found[bare] == ["2.00"]
    assert found["intent: ms of the handler over the bare model"][:2] == ["0.60", "(aim:"]
    assert found["recommendation, 1 at once: times as fast as torch"][0] == "3.00"


def a_round(folder, *, handler, bare):
    """What one round of the intent benchmark leaves."""
    folder.mkdir()
    ways = {
        "bare session.run": ms(bare),
        "handler": ms(handler),
        TORCH_PEER: ms(8.0),
        CTRANSLATE2_PEER: ms(2.0),
    }
    (folder / "latency.json").write_text(json.dumps({"texts": {"1": ways}}))
    return str(folder)


def test_rounds_tell_their_median_and_which_ratios_are_noise(tmp_path, capsys):
    rounds = [
        a_round(tmp_path / str(number), handler=handler, bare=1.0)
        for number, handler in enumerate((2.0, 1.6, 1.0))
    ]
    ratios.main(rounds)
    printed = capsys.readouterr().out
    lines = {line.split("  ", 1)[0]: line for line in printed.splitlines()}
    torch = lines[f"intent, 1 at once: handler, times as fast as {TORCH_PEER}"]
    assert " 5.00 " in torch
    assert "+- 40 %" in torch
    assert torch.endswith("NOISE")
    steady = lines[f"intent, 1 at once: bare session.run, times as fast as {CTRANSLATE2_PEER}"]
    assert "+-  0 %" in steady
    assert not steady.endswith("NOISE")
    assert "2 of 3 ratios are noise" in printed


@pytest.mark.parametrize(
    ("values", "noise"),
    [([1.0], False), ([1.0, 1.0], False), ([1.0, 1.05, 1.1], False), ([1.0, 1.0, 1.2], True)],
)
def test_rounds_further_apart_than_a_tenth_are_noise(values, noise):
    (told,) = ratios.over_rounds([[("a", value, "")] for value in values])
    assert told.is_noise == noise


def test_a_ratio_that_a_round_lacks_is_told_by_the_others():
    found = ratios.over_rounds([[("a", 2.0, "3"), ("b", 1.0, "")], [("a", 4.0, "3")]])
    assert [(told.name, told.ratio, told.aim) for told in found] == [
        ("a", 3.0, "3"),
        ("b", 1.0, ""),
    ]
    assert found[1].spread is None
