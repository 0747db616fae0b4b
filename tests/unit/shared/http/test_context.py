"""What stands around every request: id and figures, problems, limits."""

import json
import logging

import pytest

from shared.errors import BodyTooLarge, StoreUnavailable, UnsupportedMedia
from shared.http.context import as_problems, identified, within_limits
from shared.http.messages import FORM, JSON, Response
from shared.process import telemetry
from shared.settings import get_settings
from tests.halving import DIALECT, Halver, answer_ok, halve_row, halving, request_of, run


@pytest.fixture
def lines(monkeypatch):
    """What is logged of invocations."""
    logged = []
    monkeypatch.setattr(telemetry.logger, "info", lambda message, extra: logged.append(extra))
    return logged


def answering(status):
    async def answer(request):
        return Response(status, b"", {})

    return answer


def raising(error):
    async def answer(request):
        raise error

    return answer


def test_an_answer_tells_its_id_its_time_and_the_start_of_its_process(lines):
    telemetry._started.clear()
    first, second = (run(identified(request_of(), answer_ok)).headers for _ in range(2))
    assert (first["x-cold-start"], second["x-cold-start"]) == ("true", "false")
    assert first["x-request-id"] == lines[0]["request_id"] == "r-1"
    assert first["server-timing"].startswith("total;dur=")
    assert "x-estimated-cost-usd" not in first
    assert [line["cold"] for line in lines] == [True, False]


@pytest.mark.parametrize(
    ("status", "failures", "faults"), [(200, 0, 0), (307, 0, 0), (404, 1, 0), (500, 1, 1)]
)
def test_failures_and_faults_are_told_apart(lines, status, failures, faults):
    run(identified(request_of(), answering(status)))
    assert (lines[0]["failures"], lines[0]["faults"]) == (failures, faults)


def test_nothing_is_logged_of_a_request_that_was_cancelled(lines):
    with pytest.raises(KeyboardInterrupt):
        run(identified(request_of(), raising(KeyboardInterrupt())))
    assert lines == []


def test_what_a_request_costs_is_told_where_wanted(monkeypatch):
    monkeypatch.setenv("COST_HEADER", "1")
    get_settings.cache_clear()
    headers = run(identified(request_of(), answer_ok)).headers
    assert float(headers["x-estimated-cost-usd"]) > 0


def test_an_error_is_a_problem():
    response = run(as_problems(request_of(), raising(StoreUnavailable("Away."))))
    document = json.loads(response.body)
    assert (response.status, response.headers["retry-after"]) == (503, "1")
    assert (document["detail"], document["request_id"]) == ("Away.", "r-1")


def test_an_unexpected_error_is_logged_and_not_quoted(caplog):
    with caplog.at_level(logging.ERROR):
        response = run(as_problems(request_of(), raising(RuntimeError("their text"))))
    assert response.status == 500
    assert "their text" not in response.body.decode() + caplog.text
    assert caplog.records[-1].error == "RuntimeError"
    assert caplog.records[-1].request_id == "r-1"


def test_a_dialect_tells_errors_in_its_own_way():
    service = halving(Halver(), halve_row("/halves", dialect=DIALECT))
    error = StoreUnavailable("Away.")
    response = run(as_problems(request_of(service=service), raising(error)))
    assert (response.status, json.loads(response.body)) == (503, {"said": "Away."})


def test_a_body_may_be_as_large_as_the_limit_and_no_larger():
    allowed = get_settings().max_body_bytes
    assert run(within_limits(request_of(b"x" * allowed), answer_ok)).status == 200
    with pytest.raises(BodyTooLarge) as raised:
        run(within_limits(request_of(b"x" * (allowed + 5)), answer_ok))
    assert raised.value.extensions["received"] == allowed + 5


@pytest.mark.parametrize(
    ("media_type", "reads"),
    [(JSON, True), ("text/json", True), ("text/plain", False), ("", False), (FORM, False)],
)
def test_a_body_is_json(media_type, reads):
    request = request_of(b"{}", halving(Halver()), media_type=media_type)
    if reads:
        assert run(within_limits(request, answer_ok)).status == 200
    else:
        with pytest.raises(UnsupportedMedia):
            run(within_limits(request, answer_ok))
    request.body = b""  # of which no type is asked
    assert run(within_limits(request, answer_ok)).status == 200


def test_a_form_is_read_where_the_dialect_does():
    service = halving(Halver(), halve_row("/halves", dialect=DIALECT))
    request = request_of(b"number=2", service, media_type=FORM)
    assert run(within_limits(request, answer_ok)).status == 200


def test_bytes_count_where_they_were_read(lines):
    async def checked(request):
        return await as_problems(request, lambda asked: within_limits(asked, answer_ok))

    run(identified(request_of(b"{}"), checked))
    run(identified(request_of(b"{}", media_type="text/plain"), checked))
    assert [line.get("bytes") for line in lines] == [2, None]
