"""Parameters of a query that nothing reads."""

import pytest
from fastapi.testclient import TestClient

from shared.errors import InvalidRequest
from shared.http.app import HttpApp
from shared.http.queries import check_query
from tests.halving import PATH, Halver, halving

SIGNED = "X-Amz-Algorithm=AWS4&X-Amz-Signature=0&X-Amz-Date=1"


@pytest.fixture(scope="module")
def client():
    return TestClient(HttpApp(halving(Halver())))


@pytest.mark.parametrize("query", ["", "k=1", "k=", "k=1&before=x", SIGNED, f"k=1&{SIGNED}"])
def test_what_a_route_reads_is_let_through(query):
    check_query(query, ("k", "before"))


@pytest.mark.parametrize("query", ["limit=1", "k=1&K=2", "k[]=1", "%6c=1", "=1"])
def test_what_it_does_not_read_is_refused_with_what_it_does(query):
    with pytest.raises(InvalidRequest, match="It reads: before, k"):
        check_query(query, ("k", "before"))


def test_a_parameter_that_comes_twice_is_refused():
    with pytest.raises(InvalidRequest, match="twice"):
        check_query("k=1&k=2", ("k",))


def test_a_very_long_query_is_refused_with_a_short_answer():
    with pytest.raises(InvalidRequest) as raised:
        check_query("&".join(f"{'x' * 1_000}{n}=1" for n in range(1_000)), ())
    assert len(str(raised.value.problem())) < 5_000


def test_a_post_has_all_in_its_body(client):
    for body in ({"number": 4}, {"number": "wrong"}):
        answer = client.post(f"{PATH}?number=2", json=body)
        assert answer.status_code == 422
        assert "the body has what is asked for" in answer.json()["detail"]
    assert client.post(f"{PATH}?{SIGNED}", json={"number": 4}).json() == {"half": 2.0}


@pytest.mark.parametrize("path", ["/v1/models?service=x", "/v1/jobs/a?id=b"])
def test_the_routes_of_every_service_refuse_it_too(client, path):
    assert client.get(path).status_code == 422


def test_a_probe_of_the_health_may_have_any(client):
    assert client.get("/v1/halving/health/live?probe=7").status_code == 200
