"""The Lambda entry: which events it takes, and what it raises."""

import json
import logging
from typing import Any

import pytest
from pydantic import BaseModel, SerializationInfo, field_serializer

from shared.errors import ModelMissing, ServiceError, StoreUnavailable, UnsupportedEvent
from shared.http.app import HttpApp
from shared.http.handler import lambda_handler
from shared.operations import Operation
from shared.process import telemetry
from shared.settings import get_settings
from tests.halving import PATH, Half, Halver, Question, halving


@pytest.fixture
def api():
    service = halving(Halver())
    return lambda_handler(HttpApp(service), service, preload=list)


@pytest.fixture
def lines(monkeypatch):
    """What is logged of invocations."""
    logged = []
    monkeypatch.setattr(telemetry.logger, "info", lambda message, extra: logged.append(extra))
    return logged


def rest(**headers):
    """An event of REST API (v1), in which a header may come more than once."""
    return {
        "resource": PATH,
        "path": PATH,
        "httpMethod": "POST",
        "headers": {},
        "multiValueHeaders": headers,
        "multiValueQueryStringParameters": None,
        "requestContext": {"httpMethod": "POST", "path": PATH, "identity": {"sourceIp": "::1"}},
        "body": '{"number": 4}',
        "isBase64Encoded": False,
    }


def test_events_of_api_gateway_are_answered_in_its_shape(api, context):
    answer = api(rest(), context)
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"half": 2.0})
    assert answer["headers"]["x-request-id"] == context.aws_request_id


def test_a_preference_may_be_one_of_several(api):
    assert api(rest(prefer=["wait=5", "respond-async"]), None)["statusCode"] == 202


def test_a_direct_event_is_the_request_and_its_answer_the_result(api, context, lines):
    assert api({"number": 4}, context) == {"half": 2.0}
    (line,) = lines
    assert (line["kind"], line["request_id"], line["failures"]) == (
        "direct",
        context.aws_request_id,
        0,
    )
    assert not {"faults", "bytes"} & set(line)  # of which nothing is known


@pytest.mark.parametrize("event", [{"number": "x"}, {"number": 3}, [], None, {}])
def test_a_mistake_comes_back_as_a_problem(api, context, lines, event):
    problem = api(event, context)
    assert (problem["status"], problem["request_id"]) == (422, context.aws_request_id)
    assert (lines[0]["failures"], lines[0]["faults"]) == (1, 0)


def test_what_may_succeed_later_is_raised_so_that_lambda_repeats_it(api, lines):
    with pytest.raises(StoreUnavailable):
        api({"number": 99}, None)
    assert lines == []


def test_a_defect_is_raised_without_what_the_customer_wrote(api, caplog):
    with caplog.at_level(logging.ERROR), pytest.raises(ServiceError) as raised:
        api({"number": 13}, None)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert "customer" not in str(raised.value) + caplog.text


class Unwritable(BaseModel):
    half: Any = None

    @field_serializer("half")
    def _refuse(self, value: Any, info: SerializationInfo) -> Any:
        raise ValueError("the customer's text")


def test_so_is_an_answer_that_cannot_be_written(caplog):
    row = Operation("halve", PATH, Question, Half, lambda *_: [Unwritable()], "")
    service = halving(Halver(), row)
    handler = lambda_handler(HttpApp(service), service, preload=list)
    with caplog.at_level(logging.ERROR), pytest.raises(ServiceError) as raised:
        handler({"number": 4}, None)
    assert "customer" not in str(raised.value) + caplog.text


def test_a_warm_up_event_tells_whether_the_process_is_new(api):
    telemetry._started.clear()
    found = [api({"warmup": True}, None)["cold_start"] for _ in range(2)]
    assert found == [True, False]


def test_a_queues_records_are_not_for_this_function(api):
    with pytest.raises(UnsupportedEvent, match="worker"):
        api({"Records": []}, None)


def test_a_model_that_cannot_be_loaded_is_logged_now_and_answered_later(caplog):
    def preload():
        raise ModelMissing("There is no model.")

    service = halving(Halver())
    with caplog.at_level(logging.ERROR):
        handler = lambda_handler(HttpApp(service), service, preload)
    assert caplog.records[-1].problem["detail"] == "There is no model."
    assert handler({"number": 4}, None) == {"half": 2.0}


def test_an_authorizer_of_an_unexpected_shape_is_a_logged_problem(api, lines):
    event = rest(**{"idempotency-key": ["k"]})
    event["requestContext"]["authorizer"] = {"claims": "text"}
    answer = api(event, None)
    assert answer["statusCode"] == 500
    assert json.loads(answer["body"])["type"].endswith("internal")
    assert lines[0]["faults"] == 1


def test_an_event_of_eventbridge_is_no_quiet_success(api):
    with pytest.raises(UnsupportedEvent, match="InputPath"):
        api({"detail-type": "order", "source": "shop", "detail": {"number": 4}}, None)


def test_a_direct_event_may_be_no_larger_than_a_body(api):
    answer = api({"number": 4, "more": "x" * get_settings().max_body_bytes}, None)
    assert answer["type"].endswith(":body-too-large")
