"""The table of operations: one row is a route, by every way in."""

import json
import logging

import pytest

from shared.errors import InvalidRequest, ModelMissing, ServiceError, StoreUnavailable
from shared.http import handler as http_handler
from shared.http.app import HttpApp
from shared.http.handler import lambda_handler
from shared.operations import Operation, Service, each
from shared.queue import handler as queue_handler
from shared.queue.handler import worker_handler
from shared.queue.queues import get_job_queue
from tests.halving import PATH, Half, Halver, Question, halve_row, halving
from tests.stored import stored_jobs


@pytest.fixture
def halver() -> Halver:
    return Halver()


@pytest.fixture
def service(halver) -> Service:
    return halving(halver)


@pytest.fixture
def api(service):
    return lambda_handler(HttpApp(service), service, preload=list)


@pytest.fixture
def worker(service):
    return worker_handler(service, preload=list)


def http(number, method="POST", path=PATH, **headers):
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"}
        | {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "127.0.0.1"}},
        "body": json.dumps({"number": number}),
        "isBase64Encoded": False,
    }


def test_one_row_answers_by_http(api):
    answer = api(http(4), None)
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"half": 2.0})
    assert api(http(3), None)["statusCode"] == 422
    assert api(http("x"), None)["statusCode"] == 422


def test_it_answers_by_queue_under_its_path(worker):
    named = {"operation": {"dataType": "String", "stringValue": PATH}}
    record = {"messageId": "m0", "body": '{"number": 4}', "messageAttributes": named}
    assert worker({"Records": [record]}, None) == {"batchItemFailures": []}
    assert stored_jobs(["m0"])["m0"] == ("succeeded", {"half": 2.0})


def test_it_answers_in_bulk(worker, halver):
    items = [{"index": n, "request": {"number": n}} for n in range(3)]
    results = worker({"Items": items}, None)["results"]
    assert [line["status"] for line in results] == ["succeeded", "failed", "succeeded"]
    assert results[2]["result"] == {"half": 1.0}
    assert halver.calls == [[0, 1, 2]]


def test_it_answers_directly(api):
    assert api({"number": 4}, None) == {"half": 2.0}


def test_it_is_documented(api):
    document = json.loads(api(http(0, "GET", "/openapi.json"), None)["body"])
    post = document["paths"][PATH]["post"]
    assert post["description"] == "Halve a number."
    assert {"200", "202", "422", "500"} <= set(post["responses"])
    assert document["info"]["title"] == "Halves"


def test_its_answers_are_kept_under_an_idempotency_key(api, halver):
    first, second = (api(http(4, idempotency_key="k"), None) for _ in range(2))
    assert first["body"] == second["body"]
    assert second["headers"]["idempotency-replayed"] == "true"
    assert halver.calls == [[4]]


def test_it_may_be_answered_later(api, worker, halver):
    answer = api(http(4, prefer="respond-async"), None)
    assert (answer["statusCode"], halver.calls) == (202, [])
    (message,) = get_job_queue("halving").receive(1)
    assert worker({"Records": [message.as_record()]}, None) == {"batchItemFailures": []}
    job = json.loads(api(http(0, "GET", answer["headers"]["location"]), None)["body"])
    assert (job["status"], job["result"]) == ("succeeded", {"half": 2.0})


@pytest.mark.parametrize(("entry", "room"), [("api", http_handler), ("worker", queue_handler)])
def test_a_process_warms_up_with_its_sample(entry, room, monkeypatch, request, halver):
    hooks = []
    monkeypatch.setattr(room, "on_snapshot", hooks.append)
    request.getfixturevalue(entry)
    (warm_up,) = hooks
    assert halver.calls == []
    warm_up()
    assert halver.calls == [[2]]


@pytest.mark.parametrize(("entry", "room"), [("api", http_handler), ("worker", queue_handler)])
def test_a_process_that_cannot_answer_its_sample_is_not_copied(entry, room, monkeypatch, halver):
    hooks = []
    monkeypatch.setattr(room, "on_snapshot", hooks.append)
    service = halving(halver, halve_row(sample={"number": 3}))
    if entry == "api":
        lambda_handler(HttpApp(service), service, preload=list)
    else:
        worker_handler(service, preload=list)
    with pytest.raises(ServiceError, match="3 is odd"):
        hooks[0]()


def test_a_queue_takes_posts_alone():
    rows = (
        halve_row(),
        halve_row("/v1/other", name="other"),
        halve_row("/v1/listed", name="listed", method="GET"),
        halve_row(None, name="unrouted"),
    )
    service = halving(Halver(), *rows)
    assert list(service.posts) == [PATH, "/v1/other"]
    assert service.default is rows[0]


def test_the_first_row_with_a_sample_is_the_warm_up():
    rows = (halve_row(), *(halve_row(f"/{n}", name=str(n), sample={"number": n}) for n in (2, 4)))
    assert halving(Halver(), *rows).warm_up is rows[1]


def ask(halver, *numbers):
    service = halving(halver)
    return service.answer_all(service.default, [Question(number=n) for n in numbers])


def test_requests_are_answered_in_one_call(halver):
    first, second = ask(halver, 2, 3)
    assert first == Half(half=1.0)
    assert isinstance(second, InvalidRequest)
    assert (ask(halver), halver.calls) == ([], [[2, 3]])


def test_a_defect_is_found_one_by_one_and_not_quoted(halver, caplog):
    with caplog.at_level(logging.ERROR):
        good, bad = ask(halver, 2, 13)
    assert (good, bad.status) == (Half(half=1.0), 500)
    assert halver.calls == [[2, 13], [2], [13]]
    assert "customer" not in bad.detail


def test_an_error_that_may_pass_is_everyones_and_nothing_is_done_again(halver):
    assert [type(outcome) for outcome in ask(halver, 2, 99)] == [StoreUnavailable] * 2
    assert halver.calls == [[2, 99]]


def test_a_service_that_cannot_be_loaded_is_everyones_error():
    def load():
        raise ModelMissing("There is no model.")

    service = Service("halving", "", "", load, (halve_row(),))
    outcomes = service.answer_all(service.default, [Question(number=2)] * 2)
    assert [type(outcome) for outcome in outcomes] == [ModelMissing] * 2


def test_a_method_that_takes_one_request_takes_each():
    def halve(_, question):
        if question.number % 2:
            raise InvalidRequest("odd")
        return Half(half=question.number / 2)

    row = Operation("halve", PATH, Question, Half, each(halve), "")
    good, bad = row.handle(None, [Question(number=4), Question(number=5)])
    assert good == Half(half=2.0)
    assert isinstance(bad, InvalidRequest)
