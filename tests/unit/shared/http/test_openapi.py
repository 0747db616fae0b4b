"""FastAPI's part: what it refuses, and the document."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from shared.errors import InvalidRequest, MethodNotAllowed, NotFound
from shared.http.app import HttpApp
from shared.http.openapi import create_app
from tests.halving import PATH, Halver, halve_row, halving


@pytest.fixture(scope="module")
def app():
    return create_app("Title", "Description.", [halving(Halver())])


@pytest.fixture(scope="module")
def client(app):
    return TestClient(app)


def test_unknown_paths_and_methods_are_this_products_errors(client):
    with pytest.raises(NotFound, match=r"openapi\.json"):
        client.get("/none")
    with pytest.raises(MethodNotAllowed) as raised:
        client.delete(PATH)
    assert raised.value.headers["allow"] == "POST"


def test_a_misfit_is_told_by_its_place_in_the_body(client):
    with pytest.raises(InvalidRequest) as raised:
        client.post(PATH, json={"number": "secret"})
    (misfit,) = raised.value.extensions["errors"]
    assert misfit["pointer"] == "/number"
    assert "secret" not in str(raised.value.problem())


def test_the_layers_make_problems_of_them():
    answer = TestClient(HttpApp(halving(Halver()))).delete(PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_post_documents_jobs_and_keys_once(app):
    for _ in range(2):  # the second time it is the same document
        post = app.openapi()["paths"][PATH]["post"]
    assert [given["name"] for given in post["parameters"]] == ["Prefer", "Idempotency-Key"]
    assert "Location" in post["responses"]["202"]["headers"]


def test_a_get_documents_neither(app):
    get = app.openapi()["paths"]["/v1/models"]["get"]
    assert "parameters" not in get
    assert "202" not in get["responses"]


def test_what_is_referred_to_is_there(app):
    document = app.openapi()
    assert {"Problem", "JobStatus"} <= set(document["components"]["schemas"])
    assert document["info"] | {"title": "Title", "description": "Description."} == document["info"]


def test_one_document_has_the_routes_of_all_services():
    other = replace(halving(Halver(), halve_row("/v1/more")), name="other")
    two = [halving(Halver()), other]
    paths = create_app("Two", "", two).openapi()["paths"]
    assert all("202" in paths[path]["post"]["responses"] for path in (PATH, "/v1/more"))
