import asyncio
import json
from typing import Literal

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.documents import read_json
from shared.errors import NotFound
from shared.http.app import HttpApp
from shared.operations import Operation, Service, each
from shared.settings import get_settings
from shared.texts import UnicodeText
from tests.halving import run


class Nested(BaseModel):
    inside: list[str | float | bool] = Field([], alias="in")


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: UnicodeText
    count: int = Field(3, ge=0, le=20)
    share: float | None = None
    kind: Literal["view", "cart"] = "view"
    at: AwareDatetime | None = None
    nested: Nested | None = None


class Answered(BaseModel):
    text: str
    asked: Asked
    hidden: int | None = Field(None, exclude_if=lambda value: value is None)


class Wanted(BaseModel):
    count: int = 2


class Backwards:
    """A service of one POST, on two paths, and one GET."""

    def answer(self, request: Asked) -> Answered:
        if request.text == "missing":
            raise NotFound("There is no such thing.")
        if request.text == "broken":
            raise RuntimeError(request.text)
        return Answered(text=request.text[::-1], asked=request)

    def listed(self, request: Wanted) -> Answered:
        return Answered(text="", asked=Asked(text="", count=request.count))


POSTS = ("/asked", "/v1/inner")
ROWS = (
    *(Operation(path, path, Asked, Answered, each(Backwards.answer), "") for path in POSTS),
    Operation("list", "/listed", Wanted, Answered, each(Backwards.listed), "", method="GET"),
)
SERVICE = Service("test", "test", "", Backwards, ROWS)


def whole_app() -> HttpApp:
    """An application that leaves every request to FastAPI."""
    app = HttpApp(SERVICE)
    app._routes.clear()
    answer = app._answer

    async def read_and_answer(request):
        if request.body and request.path in POSTS:
            read_json(request.body)  # which either way does, and tells why it cannot
        return await answer(request)

    app._answer = read_and_answer
    return app


QUICK, WHOLE = TestClient(HttpApp(SERVICE)), TestClient(whole_app())


def both(method, path, **options):
    """What either way answers, but for what differs between two answers of one way."""
    answers = []
    for way in (QUICK, WHOLE):
        found = way.request(method, path, **options)
        told = {
            k: v for k, v in found.headers.items() if k not in {"server-timing", "x-cold-start"}
        }
        answers.append((found.status_code, found.content, told))
    return answers


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
TEXTS = st.text() | st.sampled_from(["missing", "broken", "\ud800", "\x00"])
FITTING = {
    "count": st.integers(-1, 21) | st.sampled_from(["3", 3.0, True, 3.5]),
    "share": st.floats() | st.sampled_from(["0.5", "nan", 10**400]),
    "kind": st.sampled_from(["view", "cart", "buy", None]),
    "at": st.sampled_from(["2026-11-24T10:00:00Z", "2026-11-24", 1795549960, "1795549960", -1.5]),
    "nested": st.fixed_dictionaries({"in": st.lists(SCALARS)}) | VALUES,
}
BODIES = (
    st.fixed_dictionaries({"text": TEXTS}, optional=FITTING)
    | st.fixed_dictionaries({}, optional=dict.fromkeys(("text", *FITTING, "other"), VALUES))
    | VALUES
)
TYPES = ("application/json", "Application/JSON; charset=utf-8", "application/problem+json")


@settings(deadline=None)  # the first one imports FastAPI
@given(BODIES, st.sampled_from([*TYPES, "text/json", "application/json5", "text/plain", None]))
def test_it_answers_as_fastapi_does(body, media_type):
    headers = {"x-request-id": "a"} | ({"content-type": media_type} if media_type else {})
    quick, whole = both("POST", "/asked", content=json.dumps(body), headers=headers)
    assert quick == whole


@settings(deadline=None)  # the same
@given(st.binary())
@pytest.mark.parametrize("prefix", [b"", b'{"text": "a", "count": '])
def test_so_it_does_what_is_not_json(prefix, rest):
    headers = {"x-request-id": "a", "content-type": "application/json"}
    quick, whole = both("POST", "/asked", content=prefix + rest, headers=headers)
    assert quick == whole


@pytest.mark.parametrize(
    "raw",
    [
        b'{"text": "a", "text": "b"}',
        b'{"text": "a", "share": NaN}',
        b'{"text": "a", "share": 1e999}',
        b'{"text": "\\ud800"}',
        b'\xef\xbb\xbf{"text": "a"}',
        '{"text": "ä"}'.encode("utf-16"),
        b'{"text": "\xff"}',
        b"[" * 100_000,
        b'{"text": "a", "count": ' + b"1" * 5_000 + b"}",
        b"",
    ],
)
def test_odd_documents_are_read_alike(raw):
    headers = {"x-request-id": "a", "content-type": "application/json"}
    quick, whole = both("POST", "/asked", content=raw, headers=headers)
    assert quick == whole


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/listed?count=7"),
        ("GET", "/listed?count=x"),
        ("GET", "/asked"),
        ("DELETE", "/v1/inner"),
        ("POST", "/listed"),
        ("POST", "/v1/inner"),
        ("POST", "/none"),
    ],
)
def test_other_routes_and_methods_are_as_ever(method, path):
    quick, whole = both(method, path, json={"text": "a"}, headers={"x-request-id": "a"})
    assert quick == whole


def test_what_fits_does_not_go_fastapis_way():
    async def refuse(scope, receive, send):
        raise AssertionError

    app = HttpApp(SERVICE)
    app.whole = refuse
    quick = TestClient(app)
    for path in POSTS:
        assert quick.post(path, json={"text": "abc"}).json()["text"] == "cba"
        assert quick.post(path, json={"text": "missing"}).status_code == 404
        assert quick.post(path, json={"text": 1}).status_code == 500  # refused: it went there


def test_both_document_the_same():
    assert QUICK.get("/openapi.json").json() == WHOLE.get("/openapi.json").json()


def sent_by(app, *chunks, headers=(), kind="http"):
    """Status and body that an ASGI server is sent for a POST to /asked, and chunks left unread."""
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": n + 1 < len(chunks)}
        for n, chunk in enumerate(chunks)
    ]
    sent = []

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": kind, "method": "POST", "path": "/asked", "query_string": b"", "headers": raw}
    run(app(scope, receive, send))
    start, body = sent
    return start["status"], json.loads(body["body"]), len(waiting)


def test_a_body_may_come_in_chunks():
    status, answer, _ = sent_by(HttpApp(SERVICE), b'{"te', b"", b'xt": "abc"}')
    assert (status, answer["text"]) == (200, "cba")


def test_no_more_of_a_body_is_read_than_shows_that_it_is_too_large():
    allowed = get_settings().max_body_bytes
    status, problem, unread = sent_by(HttpApp(SERVICE), b"x" * allowed, b"x", b"x", b"x")
    assert (status, problem["received"], unread) == (413, allowed + 1, 2)


@pytest.mark.parametrize(
    "values", [[""], ["application/json", "text/plain"], ["application/json, application/json"]]
)
def test_the_first_content_type_counts_and_an_empty_one_is_json(values):
    headers = [("content-type", value) for value in values]
    status, answer, _ = sent_by(HttpApp(SERVICE), b'{"text": "abc"}', headers=headers)
    assert (status, answer["text"]) == (200, "cba")


def test_the_first_request_id_counts_and_every_preference():
    read = HttpApp(SERVICE)._read
    names = [("x-request-id", "a"), ("x-request-id", "b"), ("prefer", "c"), ("prefer", "d")]
    headers = [(name.encode(), value.encode()) for name, value in names]

    async def receive():
        return {"type": "http.request", "body": b""}

    request = run(read({"method": "POST", "path": "/asked", "headers": headers}, receive))
    assert (request.id, request.headers["prefer"]) == ("a", "c, d")


def test_what_follows_the_body_is_not_awaited_but_does_not_come_either():
    async def listening(scope, receive, send):
        body = (await receive())["body"]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.01)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body[:1], "more_body": True})
        await send({"type": "http.response.body", "body": body[1:]})

    app = HttpApp(SERVICE)
    app.whole = listening
    app._routes.clear()
    assert sent_by(app, b'{"text": "abc"}')[1] == {"text": "abc"}


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_what_is_no_request_is_fastapis(kind):
    async def whole(scope, receive, send):
        seen.append(scope["type"])
        await send({"status": 0})
        await send({"body": b"0"})

    seen = []
    app = HttpApp(SERVICE)
    app.whole = whole
    sent_by(app, kind=kind)
    assert seen == [kind]


@pytest.mark.parametrize("path", ["/asked/", "/prod/asked", "/prod/asked/"])
def test_a_stage_before_and_a_slash_after_a_path_are_no_part_of_it(path):
    async def staged(scope, receive, send):
        event = {"requestContext": {"stage": "prod"}}
        await HttpApp(SERVICE)(dict(scope, **{"aws.event": event}), receive, send)

    client = TestClient(staged, follow_redirects=False)
    assert client.post(path, json={"text": "abc"}).json()["text"] == "cba"
    assert client.get("/prod/listed/?count=7").json()["asked"]["count"] == 7
    assert client.post("/production/asked", json={"text": "abc"}).status_code == 404
