"""Rows that are imported when a request comes for one of them."""

import json
import sys
from types import ModuleType

import pytest
from pydantic import BaseModel, Field

from shared.aws_contract import AwsAnswer, AwsContract, AwsRefusal, not_covered
from shared.errors import LimitExceeded, NotFound, StoreUnavailable
from shared.http.app import HttpApp
from shared.http.elsewhere import TARGET, Elsewhere
from shared.operations import HttpAnswer, Operation, Service, each
from tests.halving import run

MODULE = "tests_rows_elsewhere"
CONTRACT = AwsContract(
    "other",
    media_type="application/x-amz-json-1.1",
    message="Message",
    statuses={"Gone": 404, "Later": 503, "Broken": 500},
    not_found="Gone",
    unavailable="Later",
    failed="Broken",
)
DIALECT = CONTRACT.dialect("Invalid", "TooLarge")


class Named(BaseModel):
    name: str = Field(alias="Name")
    shelf: str = ""


def answer(_, request):
    raised = {
        "limit": LimitExceeded("names", 1, 2, "Send one."),
        "gone": NotFound("Nothing."),
        "store": StoreUnavailable("Later."),
        "own": AwsRefusal("Own", "Not so.", Member="m"),
    }.get(request.name)
    if raised is not None:
        raise raised
    if request.name == "defect":
        raise RuntimeError
    return AwsAnswer({"Hello": request.name, "Shelf": request.shelf})


def raw(_, request):
    return HttpAnswer(body=b"\x00\x01", headers={"content-type": "audio/pcm", "x-name": "n"})


def row(name, path="/", handle=answer, **options):
    options = {"dialect": DIALECT} | options
    return Operation(name, path, Named, AwsAnswer, each(handle), "", **options)


@pytest.fixture
def app(monkeypatch):
    module = ModuleType(MODULE)
    module.OPERATIONS = (
        row("hello", target="Other.Hello"),
        not_covered("This", "/", "Unknown", DIALECT, "Do that.", "Other."),
        row("shelved", "/shelves/{shelf}/{Name}"),
        row("removed", "/shelves/{shelf}/{Name}", method="DELETE"),
        row("raw", "/shelves/{Name}", raw),
    )
    own = Operation("own", "/own", Named, Named, lambda _, it: it, "", sample={"Name": "a"})
    parts = {"": MODULE, "shelves": MODULE}
    service = Service("other", "Other", "Of tests.", object, (own,), elsewhere=parts)
    monkeypatch.setitem(sys.modules, MODULE, module)
    return HttpApp(service)


def send(app, path="/", body=b"{}", method="POST", **headers):
    """Status, headers and body of an answer."""
    given = {"content_type": "application/x-amz-json-1.1"} | headers
    raw_headers = [(n.replace("_", "-").encode(), v.encode()) for n, v in given.items()]
    messages = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def keep(message):
        messages.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": raw_headers}
    run(app(scope | {"query_string": b""}, receive, keep))
    start, content = messages
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, content["body"]


def hello(app, name, **headers):
    headers = {"x_amz_target": "Other.Hello"} | headers
    status, headers, body = send(app, body=json.dumps({"Name": name}).encode(), **headers)
    return status, headers, json.loads(body)


def test_nothing_is_imported_before_a_request_comes():
    service = Service("a", "A", "", object, (), elsewhere={"": "no.such.module"})
    found = Elsewhere([service])
    assert found.find("POST", "/own", {}) is None
    with pytest.raises(ModuleNotFoundError):
        found.find("POST", "/", {})


def test_a_target_names_the_row(app):
    status, headers, body = hello(app, "you")
    assert (status, body) == (200, {"Hello": "you", "Shelf": ""})
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert headers["x-amzn-requestid"] == headers["x-request-id"]


def test_a_row_takes_all_targets_that_begin_so(app):
    status, headers, body = hello(app, "you", x_amz_target="Other.Bye")
    assert (status, headers["x-amzn-errortype"]) == (400, "Unknown")
    assert body == {
        "__type": "Unknown",
        "Message": "This is not served here: docs/migrate.md lists what is. Do that.",
    }


@pytest.mark.parametrize("target", ["", "Another.Hello"])
def test_no_row_takes_other_targets(app, target):
    status, headers, _ = send(app, x_amz_target=target)
    assert (status, headers["content-type"]) == (415, "application/problem+json")
    assert send(app, x_amz_target=target, content_type="application/json")[0] == 404


def test_a_path_gives_fields_which_a_body_cannot_change(app):
    body = b'{"shelf": "other"}'
    found = json.loads(send(app, "/shelves/top/book", body)[2])
    assert found == {"Hello": "book", "Shelf": "top"}
    found = send(app, "/shelves/top/book", b"", "DELETE")
    assert json.loads(found[2]) == {"Hello": "book", "Shelf": "top"}
    assert send(app, "/shelves/top/book/page")[0] != 200
    assert send(app, "/shelves/top/book", b"[]")[1]["x-amzn-errortype"] == "Invalid"


def test_an_answer_may_be_other_than_json(app):
    status, headers, body = send(app, "/shelves/a")
    assert (status, body, headers["x-name"]) == (200, b"\x00\x01", "n")
    assert headers["content-type"] == "audio/pcm"


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("limit", 400, "TooLarge"),
        ("gone", 404, "Gone"),
        ("store", 503, "Later"),
        ("own", 400, "Own"),
        ("defect", 500, "Broken"),
    ],
)
def test_errors_have_the_contracts_names(app, name, status, kind):
    found, headers, body = hello(app, name)
    assert (found, body["__type"], headers["x-amzn-errortype"]) == (status, kind, kind)
    assert body["Message"]
    assert body.get("Member") == ("m" if name == "own" else None)


def test_a_body_that_is_no_request_is_an_error_of_the_contract(app):
    for body in (b"{", b"{}", b'{"Name": 3}'):
        status, headers, answer = send(app, body=body, x_amz_target="Other.Hello")
        assert (status, headers["x-amzn-errortype"]) == (400, "Invalid"), body
        assert json.loads(answer)["Message"]


def test_a_key_stands_for_one_target(app):
    headers = {"idempotency_key": "k"}
    assert hello(app, "you", **headers)[0] == 200
    assert hello(app, "you", **headers)[1]["idempotency-replayed"] == "true"
    status, headers, _ = hello(app, "you", x_amz_target="Other.Bye", **headers)
    assert (status, headers["x-amzn-errortype"]) == (400, "Invalid")


def test_what_no_queue_can_name_is_answered_at_once(app):
    status, headers, body = hello(app, "you", prefer="respond-async")
    assert (status, body["Hello"]) == (200, "you")
    assert "preference-applied" not in headers


def test_the_header_is_the_one_that_clients_send():
    assert TARGET == "x-amz-target"
