"""Errors as HTTP responses."""

import json

import pytest

from shared.errors import InvalidRequest, MethodNotAllowed, ModelAltered, StillRunning
from shared.http.problem_responses import (
    PROBLEM_MEDIA_TYPE,
    PROBLEM_RESPONSES,
    problem_response,
    unexpected,
)
from shared.process import telemetry
from tests.halving import DIALECT


def test_an_error_is_a_problem_document():
    response = problem_response(InvalidRequest("Größe fehlt", errors=[]), "r-1")
    assert response.headers == {"content-type": PROBLEM_MEDIA_TYPE}
    assert "Größe fehlt" in response.body.decode()  # not escaped
    assert json.loads(response.body) == {
        "type": "urn:retail-inference:problem:invalid-request",
        "title": "Unprocessable Content",
        "status": response.status,
        "detail": "Größe fehlt",
        "request_id": "r-1",
        "errors": [],
    }


def test_its_headers_come_too():
    assert problem_response(StillRunning(), "r-1").headers["retry-after"] == "1"
    assert problem_response(MethodNotAllowed("GET"), "r-1").headers["allow"] == "GET"


def test_a_dialect_has_its_own_document_and_the_same_headers():
    response = problem_response(InvalidRequest("odd"), "r-1", DIALECT)
    assert (response.status, response.body) == (400, b'{"said":"odd"}')
    assert response.headers == {"content-type": "application/json"}
    assert problem_response(StillRunning(), "r-1", DIALECT).headers["retry-after"] == "1"


def test_an_unexpected_error_points_to_the_log():
    assert unexpected().status == 500
    assert "request_id" in unexpected().detail


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422, 500, 503])
def test_what_can_be_answered_is_documented(status):
    content = PROBLEM_RESPONSES[status]["content"]
    assert content[PROBLEM_MEDIA_TYPE]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_the_places_of_a_model_are_told_to_the_log_alone(monkeypatch):
    logged = []
    monkeypatch.setattr(telemetry.logger, "error", lambda text, extra: logged.append(extra))
    error = ModelAltered("s3://bucket/models/intent/model.onnx has SHA-256 0")
    for dialect in (None, DIALECT):
        response = problem_response(error, "r-1", dialect)
        assert (response.status, b"s3://" in response.body) == (500, False)
        assert b"the function's log tells why" in response.body
    assert [extra["detail"] for extra in logged] == [error.detail] * 2
    assert [extra["request_id"] for extra in logged] == ["r-1"] * 2
