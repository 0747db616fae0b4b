import json

import pytest
from fastapi.testclient import TestClient
from openapi_spec_validator import validate

from local.openapi import OUT_DIR, document
from local.server import build_app
from local.services import service_names


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
            assert problems >= {"400", "413", "415", "422", "500"}, path


def test_the_local_server_serves_every_route_and_the_page():
    client = TestClient(build_app())
    assert client.get("/docs").status_code == 200
    answer = client.post("/v1/intent", json={"text": "where is my package?"})
    assert answer.json()["results"][0]["intent"]["name"] == "track_order"
    assert client.get("/v1/models").status_code == 200
    assert client.get("/v1/intent/health/ready").json() == {"status": "ok"}
