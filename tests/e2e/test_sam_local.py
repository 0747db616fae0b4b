"""The built functions in Lambda's container, through the SAM CLI."""

import base64
import json
import subprocess
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.conftest import ROOT
from tests.expectations import (
    EVENT_NAMES,
    WORKER_KINDS,
    check_answer,
    load_event,
    outcomes,
    translations,
)

AT_ONCE = 4
HTTP_EVENT_NAMES = [name for name in EVENT_NAMES if "_http" in name]


def function_of(name: str) -> str:
    service, kind = name.removesuffix(".json").split("_")[:2]
    return service.capitalize() + ("Worker" if kind in WORKER_KINDS else "Api")


def invoke(sam: str, name: str, env: dict[str, str]) -> subprocess.CompletedProcess:
    command = [sam, "local", "invoke", function_of(name), "--event", f"events/{name}"]
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="module")
def invoked(request, sam, sam_env):
    """The invocations that were asked for, by event; some at once, since each mostly waits."""
    wanted = [
        item.callspec.params["name"]
        for item in request.session.items
        if getattr(item, "originalname", "") == test_event_through_sam_local_invoke.__name__
    ]
    first, *others = wanted
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = {first: pool.submit(invoke, sam, first, sam_env)}
        found[first].result()  # makes the image that all of them run in
        for name in others:
            found[name] = pool.submit(invoke, sam, name, sam_env)
        yield found


@pytest.mark.parametrize("name", EVENT_NAMES)
def test_event_through_sam_local_invoke(name, invoked):
    done = invoked[name].result()
    assert done.returncode == 0, done.stderr[-2000:]
    check_answer(name, json.loads(done.stdout.strip().splitlines()[-1]))


def test_each_invocation_starts_with_empty_stores(sam, sam_env):
    """Until the SAM CLI mounts something that a function can write to."""
    name = "recommendation_http_events.json"
    for _ in range(2):
        done = invoke(sam, name, sam_env)
        assert done.returncode == 0, done.stderr[-2000:]
        check_answer(name, json.loads(done.stdout.strip().splitlines()[-1]))


def request_of(url: str, event: dict[str, Any]) -> urllib.request.Request:
    """The request to the API that comes to a function as this event."""
    http = event["requestContext"].get("http", event)  # payload format 2.0, or 1.0
    path = http["path"]
    if query := event.get("rawQueryString"):
        path += f"?{query}"
    body = event.get("body")
    data = base64.b64decode(body) if body and event["isBase64Encoded"] else body and body.encode()
    headers = {name: it for name, it in event["headers"].items() if name.lower() != "host"}
    method = http.get("method") or http["httpMethod"]
    return urllib.request.Request(url + path, data, headers, method=method)


@pytest.mark.parametrize("name", HTTP_EVENT_NAMES)
def test_event_through_sam_local_start_api(name, api):
    try:
        with urllib.request.urlopen(request_of(api, load_event(name)), timeout=60) as answer:
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read()
    check_answer(name, {"statusCode": status, "body": body})


def test_what_a_shopper_did_is_there_at_the_next_request(api):
    body = b'{"event": {"user_id": "twice", "item_id": "85123A", "timestamp": 1323450000}}'
    answers = [call(f"{api}/v1/events", body)[2] for _ in range(2)]
    assert [(it["recorded"], it["duplicates"]) for it in answers] == [(1, 0), (0, 1)]


def _lower(headers) -> dict:
    return {name.lower(): value for name, value in headers.items()}


def call(
    url: str, body: bytes | None = None, media_type: str = "application/json", **more: str
) -> tuple[int, dict, dict]:
    headers = {"content-type": media_type, **more}
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, _lower(answer.headers), json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, _lower(error.headers), json.load(error)


def test_intent_over_http(api):
    status, headers, body = call(f"{api}/v1/intent", b'{"text": "where is my package?"}')
    assert (status, outcomes(body)) == (200, ["track_order"])
    assert set(headers) >= {"x-request-id", "server-timing", "x-cold-start"}


def test_a_problem_over_http(api):
    status, headers, body = call(f"{api}/v1/intent", b'{"text": ')
    assert (status, body["status"]) == (400, 400)
    assert headers["content-type"] == "application/problem+json"


def test_translation_over_http(api):
    body = b'{"text": "Where is my order?", "source": "en", "target": "de"}'
    status, headers, answer = call(f"{api}/v1/translate", body)
    assert (status, translations(answer)[0]["text"]) == (200, "Wo ist meine Bestellung?")
    assert set(headers) >= {"x-request-id", "server-timing", "x-cold-start"}


def test_language_detection_over_http(api):
    status, _, answer = call(f"{api}/v1/detect", b'{"text": "Wo ist meine Bestellung?"}')
    assert (status, answer["detections"][0]["languages"][0]["language"]) == (200, "de")


def test_a_libretranslate_client_is_served_over_http(api):
    form = "application/x-www-form-urlencoded"
    body = b"q=Where+is+my+order%3F&source=en&target=de"
    status, _, answer = call(f"{api}/translate", body, form)
    assert (status, answer) == (200, {"translatedText": "Wo ist meine Bestellung?"})
    status, _, answer = call(f"{api}/detect", b"q=Wo+ist+meine+Bestellung%3F", form)
    assert (status, answer[0]["language"]) == (200, "de")


def test_recommendation_over_http(api):
    body = b'{"history": [{"item_id": "85123A", "event": "purchase"}], "k": 3}'
    status, headers, answer = call(f"{api}/v1/recommendations", body)
    assert (status, len(answer["items"])) == (200, 3)
    assert set(headers) >= {"x-request-id", "server-timing", "x-cold-start"}
    body = b'{"history": [{"item_id": "22697"}], "item_ids": ["84879", "22699"]}'
    status, _, answer = call(f"{api}/v1/recommendations/rerank", body)
    ids = sorted(item["item_id"] for item in answer["items"])
    assert (status, ids) == (200, ["22699", "84879"])


def test_events_are_recorded_over_http(api):
    body = b'{"event": {"user_id": "e2e", "item_id": "85123A", "timestamp": 1323450000}}'
    status, _, answer = call(f"{api}/v1/events", body)
    assert (status, answer["recorded"], answer["duplicates"]) == (200, 1, 0)


def test_a_job_is_known_over_http(api):
    body = b'{"text": "where is my package?"}'
    status, headers, job = call(f"{api}/v1/intent", body, prefer="respond-async")
    assert (status, job["status"]) == (202, "queued")
    status, _, found = call(api + headers["location"])
    assert (status, found) == (200, job)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/intent/labels",
        "/v1/intent/health/ready",
        "/v1/languages",
        "/v1/translation/health/live",
        "/v1/translation/health/ready",
        "/v1/items/popular",
        "/v1/items/85123A/similar",
        "/v1/recommendation/health/live",
        "/v1/recommendation/health/ready",
        "/v1/models",
        "/languages",
    ],
)
def test_every_other_route_over_http(api, path):
    status, _, _ = call(api + path)
    assert status == 200
