import json

import pytest

from shared.process import telemetry
from shared.settings import get_settings


@pytest.fixture
def in_lambda(monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "intent")
    get_settings.cache_clear()


@pytest.fixture
def record(capsys, monkeypatch):
    """Gives the log line and the metrics of an invocation."""
    lines = []
    monkeypatch.setattr(telemetry.logger, "info", lambda message, extra: lines.append(extra))

    def recorded(*notes):
        telemetry._started.clear()
        with telemetry.invocation("http", "r-1", items=3) as current:
            for names, counts in notes:
                telemetry.note(*names, **counts)
            current.failures = 1
        return lines.pop(), [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return recorded


def test_metrics_are_emf(in_lambda, record):
    _, (emf,) = record((["m@1"], {"bytes": 7, "faults": 1}))
    assert (emf["Items"], emf["Failures"], emf["ColdStarts"]) == ([3.0], [1.0], [1.0])
    assert (emf["Faults"], emf["InputBytes"], emf["models"]) == ([1.0], [7.0], ["m@1"])


def test_metrics_are_for_lambda_only(record):
    _, emf = record()
    assert emf == []


def test_a_line_tells_which_models_answered_and_how_much_came(record):
    line, _ = record(
        (["b@2"], {"texts": 2, "characters": 30}),
        (["a@1"], {"texts": 1, "characters": 4}),
        ([], {"bytes": 90}),
    )
    assert line["models"] == ["a@1", "b@2"]
    assert (line["texts"], line["characters"], line["bytes"]) == (3, 34, 90)
    assert (line["kind"], line["cold"], line["items"], line["failures"]) == ("http", True, 3, 1)


def test_an_invocation_begins_with_nothing(record):
    record((["a@1"], {"texts": 1}))
    line, _ = record()
    assert line["models"] == []
    assert "texts" not in line


def test_spans_of_one_name_add_up():
    with telemetry.invocation("http", None) as current:
        for _ in range(2):
            with telemetry.span("infer"):
                sum(range(1_000))
    assert list(current.spans_ms) == ["infer"]
    assert telemetry.server_timing({"infer": 1.234}) == "infer;dur=1.23"
