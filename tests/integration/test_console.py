"""The console's files as the local server and a stack give them."""

import re

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from functions.intent.operations import SERVICE
from functions.intent.service import get_service
from shared.http.app import HttpApp
from shared.http.console import FOLDER, PAGE, WithConsole
from shared.http.handler import lambda_handler
from shared.settings import get_settings
from tests.expectations import load_event

FILES = sorted(path.name for path in FOLDER.iterdir())
# What has to be written as an address and is none that a browser would fetch.
NAMESPACES = {"http://www.w3.org/2000/svg"}


@pytest.fixture(scope="module")
def client():
    return TestClient(WithConsole(PlainTextResponse("the services", 418)))


def test_the_page_is_at_the_address_itself(client):
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Retail inference</h1>" in answer.text


@pytest.mark.parametrize("name", FILES)
def test_every_file_may_do_nothing_but_ask_its_own_server(name, client):
    answer = client.get(f"/console/{name}")
    assert answer.status_code == 200
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert {value for name, value in policy.items() if name.endswith("-src")} == {
        "'none'",
        "'self'",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", FILES)
def test_a_module_is_javascript_to_the_browser(name, client):
    kinds = {
        "js": "text/javascript",
        "css": "text/css",
        "svg": "image/svg+xml",
        "html": "text/html",
    }
    kind = client.get(f"/console/{name}").headers["content-type"].partition(";")[0]
    assert kind == kinds[name.rpartition(".")[2]]


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_another_origin(name):
    text = (FOLDER / name).read_text(encoding="utf-8")
    addresses = set(re.findall(r"(?:https?:)?//[\w-]+\.[\w./-]+", text)) - NAMESPACES
    examples = {address for address in addresses if "shop.example" in address}
    assert addresses - examples == set()


def test_the_page_names_only_files_that_are_there():
    text = "".join((FOLDER / name).read_text(encoding="utf-8") for name in FILES)
    named = set(re.findall(r'"/console/([\w.]+)"', text))
    assert named <= {*FILES, "openapi.json"}  # which the build or the application writes
    assert set(FILES) - named <= {"index.html"}


def test_the_page_has_no_script_or_style_of_its_own():
    page = (FOLDER / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", page) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("GET", "/v1/intent/labels"),
        ("GET", "/docs"),
        ("GET", "/console"),
        ("GET", "/console/"),
        ("GET", "/console/nothing.js"),
        ("GET", "/console/../local/server.py"),
        ("GET", "/console/%2e%2e/local/server.py"),
    ],
)
def test_all_else_is_the_services_to_answer(method, path, client):
    answer = client.request(method, path)
    assert (answer.status_code, answer.text) == (418, "the services")


def test_a_file_that_did_not_change_is_not_sent_again(client):
    etag = client.get("/console/main.js").headers["etag"]
    assert client.get("/console/main.js", headers={"if-none-match": etag}).status_code == 304


def test_head_is_answered_without_the_page(client):
    answer = client.head("/")
    assert (answer.status_code, answer.content) == (200, b"")


def test_requests_are_described_by_the_application_or_by_a_file_beside_the_page(tmp_path):
    async def app(scope, receive, send):
        await PlainTextResponse(scope["path"])(scope, receive, send)

    assert TestClient(WithConsole(app)).get("/console/openapi.json").text == "/openapi.json"
    for name in FILES:
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    (tmp_path / "openapi.json").write_text('{"paths": {}}')
    assert TestClient(WithConsole(app, tmp_path)).get("/console/openapi.json").json() == {
        "paths": {}
    }


@pytest.mark.parametrize("on", [False, True])
def test_a_function_serves_it_where_its_setting_says_so(on, monkeypatch):
    monkeypatch.setenv("CONSOLE", "1" if on else "")
    get_settings.cache_clear()
    handler = lambda_handler(HttpApp(SERVICE), SERVICE, get_service)
    event = load_event("intent_http_not_found.json")
    event["rawPath"] = event["requestContext"]["http"]["path"] = PAGE
    answer = handler(event, None)
    assert answer["statusCode"] == (200 if on else 404)
    assert ("<h1>Retail inference</h1>" in answer["body"]) is on
