"""The console for a stack: through a gateway that checks signatures, to the real handlers."""

import threading

import pytest
from botocore.auth import SigV4Auth
from botocore.credentials import Credentials
from starlette.testclient import TestClient

from local import server
from local.command import CommandError
from local.forwarding import Forwarding, Stack, is_own, open_stack
from local.server import build_app
from shared.http.console import WithConsole
from tests.aws import in_memory
from tests.compat.test_gateway import Api
from tests.compat.test_signing import KEY, REGION, SECRET

LOCAL = "http://127.0.0.1:8000"
MESSAGE = {"text": "where is my package?"}


def sign(request):
    SigV4Auth(Credentials(KEY, SECRET), "execute-api", REGION).add_auth(request)


@pytest.fixture(scope="module")
def gateway():
    api = Api()
    thread = threading.Thread(target=api.serve_forever)
    thread.start()
    yield api
    api.shutdown()
    api.server_close()
    thread.join()


def browser(url, signer=sign, **headers):
    app = WithConsole(Forwarding(Stack(url, signer), build_app()))
    return TestClient(app, base_url=LOCAL, headers=headers)


def test_the_page_is_this_machines_and_its_answers_are_the_stacks(gateway):
    page = browser(gateway.url)
    assert "<h1>Retail inference</h1>" in page.get("/").text
    assert "paths" in page.get("/openapi.json").json()
    answer = page.post("/v1/intent", json=MESSAGE, headers={"origin": LOCAL})
    assert answer.status_code == 200
    assert answer.json()["results"][0]["intent"]["name"] == "track_order"
    assert "server-timing" in answer.headers
    listed = page.get("/v1/items/popular").json()
    assert len(listed["items"]) == 10
    page.get("/v1/items/popular?k=2&a=%20%2F")
    assert gateway.requests[-1][2]  # a query is signed as it is sent


def test_an_error_is_the_stacks(gateway):
    answer = browser(gateway.url).post("/v1/intent", json={"no": 1})
    assert answer.status_code == 422
    assert answer.json()["type"].endswith(":invalid-request")


def test_what_is_not_signed_is_not_let_in(gateway):
    answer = browser(gateway.url, signer=lambda request: None).post("/v1/intent", json=MESSAGE)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"host": "rebound.example:8000"},
    ],
)
def test_no_other_page_can_ask_with_the_users_credentials(gateway, headers):
    signed = []
    page = browser(gateway.url, signer=signed.append)
    answer = page.post("/v1/intent", json=MESSAGE, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith(":foreign-origin")
    assert signed == []


def test_a_program_without_a_page_may_ask():
    assert is_own({"host": "localhost:8000"})
    assert is_own({"host": "[::1]:8000"})
    assert not is_own({})


def test_a_stack_that_is_away_is_a_problem():
    answer = browser("http://127.0.0.1:9").get("/v1/models")
    assert answer.status_code == 502
    assert answer.json()["type"].endswith(":stack-unreachable")


def test_a_token_is_sent_in_place_of_a_signature(tmp_path, monkeypatch):
    token = tmp_path / "token"
    token.write_text("a.b.c\n")
    outputs = {"ApiUrl": "https://api.example"}
    monkeypatch.setattr("local.forwarding.stack_outputs", lambda name: outputs)
    stack = open_stack("shop", token)
    request = type("Request", (), {"headers": {}})()
    stack.sign(request)
    assert request.headers == {"authorization": "Bearer a.b.c"}
    with pytest.raises(CommandError, match="not a file"):
        open_stack("shop", tmp_path / "none")


def test_a_stack_that_is_not_there_ends_with_2(monkeypatch, capsys):
    with in_memory(monkeypatch):
        assert server.main(["--stack", "shop"]) == 2
    assert "The stack shop cannot be read" in capsys.readouterr().err


def test_others_are_not_let_at_what_signs(capsys):
    assert server.main(["--stack", "shop", "--host", "0.0.0.0"]) == 2
    assert "would let others ask" in capsys.readouterr().err
