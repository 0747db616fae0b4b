"""Rows as FastAPI's routes."""

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field

from shared.errors import NotFound
from shared.http.app import HttpApp
from shared.http.messages import FORM, JSON, MULTIPART
from shared.operations import Operation, each
from tests.halving import DIALECT, PATH, Half, Halver, halve_row, halving


class Wanted(BaseModel):
    number: int = Field(description="What is halved.")
    times: int = Field(1, ge=1, le=3, description="How often.")


def halve_often(_, wanted):
    if wanted.number == 0:
        raise NotFound("There is no half of nothing.")
    return Half(half=wanted.number / 2**wanted.times)


ROWS = (
    halve_row(),
    Operation(
        "get_half", "/v1/{number}/half", Wanted, Half, each(halve_often), "A half.", method="GET"
    ),
    halve_row("/halves", name="other_halve", dialect=DIALECT),
    halve_row(None, name="unrouted"),
)


@pytest.fixture(scope="module")
def whole():
    return HttpApp(halving(Halver(), *ROWS)).whole


@pytest.fixture(scope="module")
def client(whole):
    """Of FastAPI alone, without the layers that answer errors."""
    return TestClient(whole)


@pytest.fixture(scope="module")
def document(whole):
    return whole.openapi()


def test_a_gets_fields_are_those_of_its_path_and_its_query(client, document):
    assert client.get("/v1/8/half").json() == {"half": 4.0}
    assert client.get("/v1/8/half?times=3").json() == {"half": 1.0}
    parameters = document["paths"]["/v1/{number}/half"]["get"]["parameters"]
    places = [(given["name"], given["in"], given["required"]) for given in parameters]
    assert places == [("number", "path", True), ("times", "query", False)]
    assert parameters[1]["description"] == "How often."
    assert parameters[1]["schema"] | {"minimum": 1, "maximum": 3} == parameters[1]["schema"]


@pytest.mark.parametrize("asked", ["/v1/x/half", "/v1/8/half?times=4", "/v1/8/half?times=x"])
def test_fields_that_do_not_fit_are_refused(asked):
    answer = TestClient(HttpApp(halving(Halver(), *ROWS))).get(asked)
    assert answer.status_code == 422


def test_an_error_is_raised_for_the_layers_to_answer(client):
    with pytest.raises(NotFound):
        client.get("/v1/0/half")


def test_a_post_takes_its_request_from_the_body(client):
    assert client.post(PATH, json={"number": 4}).json() == {"half": 2.0}


def test_routes_are_named_by_method_and_path(document):
    names = {
        path: operation["operationId"]
        for path, verbs in document["paths"].items()
        for operation in verbs.values()
    }
    assert names[PATH] == "post_halves_v1_halves_post"
    assert names["/v1/{number}/half"] == "get_half_v1__number__half_get"
    assert names["/halves"] == "other_halve"
    assert names["/v1/halving/health/live"] == "halving_live"


def test_a_dialects_route_documents_forms_and_its_own_error(document):
    post = document["paths"]["/halves"]["post"]
    assert post["tags"] == ["halving", "other"]
    assert set(post["requestBody"]["content"]) == {JSON, FORM, MULTIPART}
    assert set(post["responses"]) == {"200", "202", "400", "409", "413", "415", "500", "503"}
    error = post["responses"]["400"]["content"][JSON]["schema"]
    assert error == {"$ref": "#/components/schemas/Refusal"}


def test_it_reads_json_and_forms(client):
    assert client.post("/halves", data={"number": "4"}).json() == {"half": 2.0}
    assert client.post("/halves", json={"number": 4}).json() == {"half": 2.0}


def test_a_row_without_a_path_is_no_route(document):
    assert set(document["paths"]) == {
        PATH,
        "/v1/{number}/half",
        "/halves",
        "/v1/halving/health/live",
        "/v1/halving/health/ready",
        "/v1/models",
        "/v1/jobs/{job_id}",
    }
