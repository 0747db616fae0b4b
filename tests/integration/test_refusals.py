"""Bodies that cannot be read: refused with the cause, the same by every route and way in."""

import pytest

from local.services import find_service, service_names
from shared.queue.jobs import get_job_store
from tests.calls import call, work

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


@pytest.mark.parametrize("why", UNREADABLE)
@pytest.mark.parametrize("prefer", [{}, {"prefer": "respond-async"}], ids=["now", "later"])
@pytest.mark.parametrize(("service", "method", "path"), ROUTES, ids=[path for *_, path in ROUTES])
def test_every_route_tells_why_a_body_cannot_be_read(service, method, path, prefer, why, context):
    status, problem, _ = call(service, method, path, context, headers=prefer, raw=UNREADABLE[why])
    assert (status, problem["type"].rpartition(":")[2]) == (400, "malformed-json")
    assert why in problem["detail"]


@pytest.mark.parametrize("why", UNREADABLE)
@pytest.mark.parametrize(("service", "path", "member"), DIALECTS)
def test_other_dialects_tell_it_in_their_own_form(service, path, member, why, context):
    headers = {"x-amz-target": "AWSShineFrontendService_20170701.TranslateText"}
    status, problem, _ = call(service, "POST", path, context, headers=headers, raw=UNREADABLE[why])
    assert status == 400
    assert why in problem[member]


@pytest.mark.parametrize("service", service_names())
@pytest.mark.parametrize("why", [why for why in UNREADABLE if "UTF-8" not in why])  # SQS has text
def test_a_message_that_cannot_be_read_fails_with_the_same_cause(service, why, context):
    record = {"messageId": "m", "body": UNREADABLE[why].decode()}
    assert work(service, {"Records": [record]}, context) == [{"itemIdentifier": "m"}]
    problem = get_job_store().failure("m").problem
    assert (problem["status"], problem["type"].rpartition(":")[2]) == (400, "malformed-json")
    assert why in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("OPTIONS", "/v1/items/22697", "GET, PUT"),
        ("DELETE", "/v1/items/shoes/red", "GET, PUT"),
        ("PUT", "/v1/items/22697/similar", "GET"),
        ("PUT", "/v1/items/popular", "GET"),
        ("POST", "/v1/shoppers/ann", "DELETE, GET"),
        ("GET", "/v1/shoppers/erasure", "POST"),
        ("POST", "/v1/jobs/1", "GET"),
    ],
)
def test_a_path_tells_all_methods_that_it_takes(method, path, allowed, context):
    status, problem, headers = call("recommendation", method, path, context)
    assert (status, problem["type"].rpartition(":")[2]) == (405, "method-not-allowed")
    assert headers["allow"] == allowed


def test_where_nothing_is_a_body_that_cannot_be_read_is_not_looked_at(context):
    for method, path in (("PUT", "/v1/nothing"), ("POST", "/v1/nothing")):
        assert call("recommendation", method, path, context, raw=b"{")[0] == 404
