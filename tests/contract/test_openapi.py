import json
import re

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from functions.recommendation.event_requests import Event
from functions.recommendation.item_requests import ItemUpdate
from local.openapi import OUT_DIR, document
from local.server import build_app
from local.services import service_names
from shared.errors import InvalidRequest
from shared.problems import parse


@pytest.mark.parametrize("service", service_names())
def test_the_document_is_valid_and_committed(service):
    text = document(service)
    validate(json.loads(text))
    assert (OUT_DIR / f"{service}.json").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("service", service_names())
def test_every_post_documents_its_problems(service):
    paths = json.loads(document(service))["paths"]
    for path, methods in paths.items():
        if "post" in methods:
            problems = {s for s in methods["post"]["responses"] if s >= "400"}
            # LibreTranslate's routes answer a client's mistake with 400 and an error of its shape.
            own = path.startswith("/v1/")
            assert problems >= ({"400", "413", "415", "422", "500"} if own else {"400"}), path


@pytest.mark.parametrize("service", service_names())
def test_what_may_not_be_there_is_documented(service):
    paths = json.loads(document(service))["paths"]
    named = {path: methods["get"] for path, methods in paths.items() if "{" in path}
    assert any(path.startswith("/v1/jobs/") for path in named)
    for path, get in named.items():
        kept_of_anyone = path == "/v1/shoppers/{user_id}"  # of whom nothing is kept: an empty list
        assert ("404" in get["responses"]) or kept_of_anyone, path


def test_a_term_is_blank_for_the_document_where_it_is_for_the_service():
    schema = json.loads(document("translation"))["components"]["schemas"]["TranslateRequest"]
    terms = schema["properties"]["glossary"]["items"]["$ref"].rpartition("/")[2]
    properties = json.loads(document("translation"))["components"]["schemas"][terms]["properties"]
    for code in range(0x3001):
        allowed = re.search(properties["source"]["pattern"], chr(code)) is not None
        assert allowed is bool(chr(code).strip()), hex(code)


def test_what_a_document_says_of_events_and_fields_the_service_does_too():
    schemas = json.loads(document("recommendation"))["components"]["schemas"]
    event, update = schemas["Event"], schemas["ItemUpdate"]["properties"]["fields"]
    definitions = {"components": {"schemas": schemas}}
    for body, fits in (
        ({"item_id": "a"}, False),
        ({"item_id": "a", "user_id": None}, False),
        ({"item_id": "a", "user_id": "ann"}, True),
        ({"item_id": "a", "session_id": "s", "user_id": None}, True),
    ):
        assert Draft202012Validator({**event, **definitions}).is_valid(body) is fits
        assert is_taken(Event, body) is fits
    for fields, fits in (
        ({"price": 1, "brand": "x", "active": False, "note": None}, True),
        ({"0": 1}, False),
        ({"a": {}}, False),
        ({"active": 1}, False),
        ({"a": "x" * 257}, False),
        ({}, False),
    ):
        assert Draft202012Validator({**update, **definitions}).is_valid(fields) is fits, fields
        assert is_taken(ItemUpdate, {"item_id": "a", "fields": fields}) is fits, fields


def is_taken(model, body):
    try:
        parse(model, body)
    except InvalidRequest:
        return False
    return True


def test_the_local_server_serves_every_route_and_the_page():
    client = TestClient(build_app())
    assert client.get("/docs").status_code == 200
    answer = client.post("/v1/intent", json={"text": "where is my package?"})
    assert answer.json()["results"][0]["intent"]["name"] == "track_order"
    answer = client.post("/v1/translate", json={"text": "Where is my order?", "target": "de"})
    assert answer.json()["translations"][0]["text"] == "Wo ist meine Bestellung?"
    assert {card["task"] for card in client.get("/v1/models").json()["models"]} >= {
        "intent",
        "translation",
    }
    for service in service_names():
        assert client.get(f"/v1/{service}/health/ready").json() == {"status": "ok"}


def test_the_local_server_takes_forms_where_a_service_does():
    client = TestClient(build_app())
    form = {"q": "Where is my order?", "source": "en", "target": "de"}
    answer = client.post("/translate", data=form)
    assert answer.json() == {"translatedText": "Wo ist meine Bestellung?"}
    assert client.post("/v1/translate", data=form).status_code == 415
