"""Bodies that cannot be read: refused with the cause, the same by every route and way in."""

import base64
import copy
import json

import pytest

from local.services import entry, find_service, service_names
from shared.queue.jobs import get_job_store
from tests.expectations import load_event

UNREADABLE = {
    "its byte 10 is not UTF-8": '{"text": "ä"}'.encode("latin-1"),
    "it is nested too deeply": b"[" * 100_000,
    "a number has too many digits": b'{"text": ' + b"1" * 5_000 + b"}",
    "Expecting property name": b"{",
    "/text: comes twice in its object": b'{"text": "a", "text": "b"}',
}
ROUTES = [
    (service, row.method, row.path.replace("{item_id}", "22697"))
    for service in service_names()
    for row in find_service(service).operations
    if row.method in {"POST", "PUT"} and row.path and row.dialect is None
]
DIALECTS = [
    ("translation", "/translate", "error"),
    ("translation", "/", "Message"),
    ("recommendation", "/recommendations", "message"),
    ("intent", "/bots/B/botAliases/A/botLocales/en_US/sessions/s/text", "message"),
]


def send(service, method, path, body, context, headers):
    event = copy.deepcopy(load_event(f"{service}_http.json"))
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["requestContext"]["http"]["method"] = method
    event["headers"] |= headers
    event["body"], event["isBase64Encoded"] = base64.b64encode(body).decode(), True
    answer = entry(service, "api").handler(event, context)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.parametrize("why", UNREADABLE)
@pytest.mark.parametrize("prefer", [{}, {"prefer": "respond-async"}], ids=["now", "later"])
@pytest.mark.parametrize(("service", "method", "path"), ROUTES, ids=[path for *_, path in ROUTES])
def test_every_route_tells_why_a_body_cannot_be_read(service, method, path, prefer, why, context):
    status, problem = send(service, method, path, UNREADABLE[why], context, prefer)
    assert (status, problem["type"].rpartition(":")[2]) == (400, "malformed-json")
    assert why in problem["detail"]


@pytest.mark.parametrize("why", UNREADABLE)
@pytest.mark.parametrize(("service", "path", "member"), DIALECTS)
def test_other_dialects_tell_it_in_their_own_form(service, path, member, why, context):
    headers = {"x-amz-target": "AWSShineFrontendService_20170701.TranslateText"}
    status, problem = send(service, "POST", path, UNREADABLE[why], context, headers)
    assert status == 400
    assert why in problem[member]


@pytest.mark.parametrize("service", service_names())
@pytest.mark.parametrize("why", [why for why in UNREADABLE if "UTF-8" not in why])  # SQS has text
def test_a_message_that_cannot_be_read_fails_with_the_same_cause(service, why, context):
    record = {"messageId": "m", "body": UNREADABLE[why].decode()}
    answer = entry(service, "worker").handler({"Records": [record]}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    problem = get_job_store().failure("m").problem
    assert (problem["status"], problem["type"].rpartition(":")[2]) == (400, "malformed-json")
    assert why in problem["detail"]


def test_where_nothing_is_a_body_that_cannot_be_read_is_not_looked_at(context):
    for method, path in (("PUT", "/v1/nothing"), ("POST", "/v1/nothing")):
        assert send("recommendation", method, path, b"{", context, {})[0] == 404
