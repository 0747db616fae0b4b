"""examples/client.py against the local server's application, and against one that looks closely."""

import hashlib
import hmac
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
import uvicorn
from botocore.credentials import Credentials

from examples import client as example
from examples.client import Client, ProblemError, SigV4, bearer, main
from local.server import build_app
from local.services import entry
from local.worker import local_queue, work
from shared.version import VERSION

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "eu-central-1"


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """How long the client waited between its tries, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr(
        example, "time", SimpleNamespace(sleep=waited.append, monotonic=time.monotonic)
    )
    return waited


# ---- the services themselves --------------------------------------------------------------------


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address of an application that answers in a thread."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # so that who comes before the server runs waits for it
        config = uvicorn.Config(app, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(build_app()) as address:
        yield address


def test_each_service_answers(url):
    client = Client(url)
    assert client.intent("where is my package?")["results"][0]["intent"]["name"] == "track_order"
    (translation,) = client.translate("Where is my order?", "de", source="en")["translations"]
    assert translation["text"] == "Wo ist meine Bestellung?"
    history = [{"item_id": "22697", "event": "purchase"}]
    assert len(client.recommend(history=history, k=3)["items"]) == 3
    assert client.get("/v1/models")["version"] == VERSION


def test_a_mistake_is_an_exception_that_says_what_to_do(url):
    with pytest.raises(ProblemError, match="422: ") as raised:
        Client(url).post("/v1/intent", {"txt": "hi"})
    assert raised.value.status == 422
    assert raised.value.problem["type"].endswith(":invalid-request")
    assert "txt" in str(raised.value)


def test_a_queued_request_is_answered_by_the_worker(url):
    client = Client(url)
    job = client.post("/v1/intent", {"text": "where is my package?"}, queued=True)
    assert client.get(f"/v1/jobs/{job['id']}")["status"] == "queued"
    with pytest.raises(TimeoutError, match=job["id"]):
        client.result(job, wait_s=0)
    stop = threading.Event()
    queues = {"intent": local_queue("intent")}
    worker = threading.Thread(target=work, args=(queues, stop, 30.0))
    entry("intent", "worker")
    worker.start()
    try:
        answer = client.result(job, every_s=0)
    finally:
        stop.set()
        worker.join()
    assert answer["results"][0]["intent"]["name"] == "track_order"


def test_the_command_prints_the_answer(url, capsys):
    assert main(["--url", url, "/v1/intent", '{"text": "where is my package?"}']) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["results"][0]["intent"]["name"] == "track_order"
    assert main(["--url", url, "/v1/intent", '{"texts": []}']) == 1
    assert "error: 422: " in capsys.readouterr().err


# ---- what is sent -------------------------------------------------------------------------------


class Requests(ThreadingHTTPServer):
    """A server that keeps what it is sent, and answers as it is told.

    Attributes:
        seen: method, path with query, headers, body of each request.
        answers: status, headers and body of the next answers; then 200.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.seen: list[SimpleNamespace] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Requests

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append(
            SimpleNamespace(method=self.command, path=self.path, headers=headers, body=body)
        )
        answers = self.server.answers
        status, sent, content = answers.pop(0) if answers else (200, {}, b'{"ok": true}')
        self.send_response(status)
        for name, value in {**sent, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer  # noqa: N815 - as the standard library names them

    def log_message(self, *_: Any) -> None:
        """Nothing: it would go to standard error."""


@pytest.fixture
def server() -> Iterator[Requests]:
    with Requests() as requests:
        thread = threading.Thread(target=requests.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield requests
        requests.shutdown()
        thread.join()


class Session:
    """botocore's session, as far as the client asks."""

    def __init__(self, credentials: Credentials | None, region: str | None = REGION) -> None:
        self._credentials, self._region = credentials, region

    def get_credentials(self) -> Credentials | None:
        return self._credentials

    def get_config_variable(self, name: str) -> str | None:
        assert name == "region"
        return self._region


def signed(token: str | None = None, region: str | None = None) -> SigV4:
    return SigV4(region, Session(Credentials("AKIDEXAMPLE", SECRET, token)))


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signature_of(request: SimpleNamespace, secret: str) -> str:
    """The signature that AWS computes of a request as it arrived.

    After https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    parts = dict(re.findall(r"(\w+)=([^,\s]+)", request.headers["authorization"]))
    date, region, service, ending = parts["Credential"].split("/")[1:]
    path, _, query = request.path.partition("?")
    names = parts["SignedHeaders"].split(";")
    pairs = sorted((quote(k, "~"), quote(v, "~")) for k, v in parse_qsl(query, True))
    canonical = [
        request.method,
        quote(path, "/~"),
        "&".join(f"{name}={value}" for name, value in pairs),
        *(f"{name}:{' '.join(request.headers[name].split())}" for name in names),
        "",
        ";".join(names),
        hashlib.sha256(request.body).hexdigest(),
    ]
    hashed = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    scope = f"{date}/{region}/{service}/{ending}"
    text = f"AWS4-HMAC-SHA256\n{request.headers['x-amz-date']}\n{scope}\n{hashed}"
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, ending):
        key = _hmac(key, part)
    return _hmac(key, text).hex()


def sent_signature(request: SimpleNamespace) -> str:
    return request.headers["authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/intent", {"text": "wo ist mein Päckchen?"}),
        ("/v1/intent/labels", None),
        ("/v1/popular?k=3&category=a%20b", None),
        ("/v1/jobs/a%2Fb", None),
    ],
)
def test_a_signature_is_the_one_that_aws_computes(server, path, body):
    client = Client(server.url, signed())
    answer = client.get(path) if body is None else client.post(path, body)
    assert answer == {"ok": True}
    (request,) = server.seen
    assert request.path == path
    assert sent_signature(request) == signature_of(request, SECRET)
    assert f"/{REGION}/execute-api/aws4_request" in request.headers["authorization"]


def test_what_is_signed_cannot_be_changed_on_its_way(server):
    Client(server.url, signed()).post("/v1/intent", {"text": "hi"}, queued=True)
    (request,) = server.seen
    names = request.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    assert {"host", "x-amz-date", "content-type", "idempotency-key", "prefer"} <= set(names)
    good = sent_signature(request)
    for change in (
        {"body": request.body.replace(b"hi", b"ho")},
        {"path": "/v1/translate"},
        {"method": "PUT"},
        {"headers": request.headers | {"idempotency-key": "another"}},
    ):
        assert signature_of(SimpleNamespace(**vars(request) | change), SECRET) != good
    assert signature_of(request, f"{SECRET}x") != good


def test_credentials_of_a_role_come_with_their_token(server):
    Client(server.url, signed("session-token")).get("/v1/models")
    (request,) = server.seen
    assert request.headers["x-amz-security-token"] == "session-token"
    assert sent_signature(request) == signature_of(request, SECRET)


@pytest.mark.parametrize(
    ("address", "given", "expected"),
    [
        ("https://a1b2.execute-api.us-east-1.amazonaws.com", None, "us-east-1"),
        ("https://a1b2.execute-api.us-east-1.amazonaws.com", "eu-west-1", "eu-west-1"),
        ("https://api.shop.example", None, REGION),
        ("https://x.execute-api.cn-north-1.amazonaws.com.cn", None, "cn-north-1"),
    ],
)
def test_the_region_is_the_apis(address, given, expected):
    headers = signed(region=given)("GET", f"{address}/v1/models", {}, None)
    assert f"/{expected}/execute-api/" in headers["Authorization"]


def test_without_a_region_or_credentials_it_is_said_what_to_do():
    with pytest.raises(ValueError, match="--region"):
        SigV4(None, Session(Credentials("a", "b"), None))("GET", "https://shop.example", {}, None)
    with pytest.raises(ValueError, match="aws configure"):
        SigV4(None, Session(None))("GET", "https://shop.example", {}, None)


def test_a_token_goes_along(server, monkeypatch, capsys):
    Client(server.url, bearer("ey.J0.x")).get("/v1/models")
    monkeypatch.setenv("RETAIL_TOKEN", "ey.J0.y")
    assert main(["--url", server.url, "--auth", "jwt", "/v1/models"]) == 0
    told = [request.headers["authorization"] for request in server.seen]
    assert told == ["Bearer ey.J0.x", "Bearer ey.J0.y"]
    monkeypatch.delenv("RETAIL_TOKEN")
    capsys.readouterr()
    assert main(["--url", server.url, "--auth", "jwt", "/v1/models"]) == 1
    assert "RETAIL_TOKEN" in capsys.readouterr().err


def test_credentials_go_nowhere_else(server):
    server.answers.append((302, {"location": f"{server.url}/elsewhere"}, b""))
    with pytest.raises(ProblemError) as raised:
        Client(server.url, bearer("t")).get("/v1/models")
    assert raised.value.status == 302
    assert len(server.seen) == 1
    with pytest.raises(ValueError, match="unencrypted"):
        Client("http://api.shop.example", bearer("t"))
    Client("http://api.shop.example")  # where nobody asks for any, nothing is given away


@pytest.mark.parametrize("address", ["api.shop.example", "ftp://shop.example", "https://"])
def test_what_is_no_address_is_said(address):
    with pytest.raises(ValueError, match="is no address"):
        Client(address)


# ---- tries --------------------------------------------------------------------------------------

BUSY = (503, {"retry-after": "1"}, b'{"detail": "busy"}')


def test_what_may_succeed_later_is_sent_again_under_its_key(server, pauses):
    server.answers += [BUSY, (429, {}, b'{"message": "Too Many Requests"}')]
    assert Client(server.url).post("/v1/events", {}, once=True) == {"ok": True}
    keys = {request.headers["idempotency-key"] for request in server.seen}
    assert (len(server.seen), len(keys), pauses) == (3, 1, [1, 2])
    Client(server.url).post("/v1/events", {}, once=True)
    assert server.seen[-1].headers["idempotency-key"] not in keys


def test_each_try_is_signed_anew(server):
    server.answers.append(BUSY)
    Client(server.url, signed()).get("/v1/models")
    assert [sent_signature(r) == signature_of(r, SECRET) for r in server.seen] == [True] * 2


def test_after_the_last_try_the_problem_is_told(server, pauses):
    server.answers += [BUSY] * 2
    with pytest.raises(ProblemError, match="503: busy"):
        Client(server.url, tries=2).get("/v1/models")
    assert (len(server.seen), pauses) == (2, [1])


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (403, b'{"message": "Forbidden"}', "403: Forbidden"),
        (400, b'{"detail": "not JSON"}', "400: not JSON"),
        (502, b"<html>bad gateway</html>", "502: <html>bad gateway"),
        (500, b"", "500: no reason"),
    ],
)
def test_what_will_not_succeed_is_not_sent_again(server, status, body, message):
    server.answers.append((status, {}, body))
    with pytest.raises(ProblemError, match=re.escape(message)):
        Client(server.url).get("/v1/models")
    assert len(server.seen) == 1


def test_nobody_listening_is_tried_again_and_then_told(pauses):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="refused"):
            Client(f"http://127.0.0.1:{bound.getsockname()[1]}").get("/v1/models")
    assert pauses == [1, 2]


def test_a_plain_request_asks_for_no_answer_to_be_kept(server):
    Client(server.url).post("/v1/intent", {"text": "hi"})
    assert "idempotency-key" not in server.seen[0].headers
    assert urlsplit(server.url).hostname == "127.0.0.1"
