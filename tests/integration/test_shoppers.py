"""What is kept of a shopper: read whole, deleted, and for whom a token lets its bearer act."""

from urllib.parse import urlencode

import pytest

from functions.recommendation.history import get_history_store
from local.services import entry
from local.worker import local_queue, work_off
from shared.queue.jobs import get_job_store
from shared.queue.whereabouts import JobKey
from tests.calls import by_token as call

NOW = 1_700_000_000


@pytest.fixture
def known(context):
    """Two shoppers of whom there are events."""
    events = [
        {"user_id": user, "item_id": f"i{n}", "event": "cart", "timestamp": NOW + n}
        for user in ("ann", "bob")
        for n in range(3)
    ]
    assert call("POST", "/v1/events", context, {"events": events})[0] == 200


def test_all_that_is_kept_of_a_shopper_can_be_read(known, context):
    status, body = call("GET", "/v1/shoppers/ann", context)
    assert (status, body["user_id"], body["next"]) == (200, "ann", None)
    assert body["events"][0] == {"item_id": "i2", "event": "cart", "timestamp": NOW + 2}
    assert len(body["events"]) == 3
    _, first = call("GET", "/v1/shoppers/ann", context, query="limit=2")
    query = urlencode({"before": first["next"]})
    _, second = call("GET", "/v1/shoppers/ann", context, query=query)
    assert [*first["events"], *second["events"]] == body["events"]


def test_a_shopper_is_erased_and_others_are_not(known, context):
    assert call("DELETE", "/v1/shoppers/ann", context) == (200, {"erased": 3})
    assert call("GET", "/v1/shoppers/ann", context)[1]["events"] == []
    assert call("DELETE", "/v1/shoppers/ann", context) == (200, {"erased": 0})
    assert len(get_history_store().newest("bob", 9)) == 3


def test_a_shopper_whose_id_has_a_slash_is_erased_too(context):
    events = {"event": {"user_id": "shop/ann", "item_id": "a", "timestamp": NOW}}
    assert call("POST", "/v1/events", context, events)[0] == 200
    assert call("DELETE", "/v1/shoppers/shop/ann", context) == (200, {"erased": 1})


def test_a_shopper_is_erased_by_queue(known, context):
    path, body = "/v1/shoppers/erasure", {"user_id": "bob"}
    status, job = call("POST", path, context, body, headers={"prefer": "respond-async"})
    assert status == 202
    assert len(get_history_store().newest("bob", 9)) == 3
    worker = entry("recommendation", "worker").handler
    assert work_off(local_queue("recommendation"), worker, timeout_s=30) == 1
    assert get_history_store().newest("bob", 9) == []
    assert call("GET", f"/v1/jobs/{job['id']}", context)[1]["result"] == {"erased": 3}


REQUESTS = {
    "recommendations:read": [
        ("POST", "/v1/recommendations", {"user_id": "ann"}),
        ("POST", "/v1/recommendations/rerank", {"user_id": "ann", "item_ids": ["22697"]}),
    ],
    "events:write": [
        ("POST", "/v1/events", {"event": {"user_id": "ann", "item_id": "a"}}),
        ("POST", "/v1/events", {"events": [{"user_id": "ann", "item_id": "b"}] * 2}),
    ],
    "shoppers:read": [("GET", "/v1/shoppers/ann", None)],
    "shoppers:erase": [
        ("DELETE", "/v1/shoppers/ann", None),
        ("POST", "/v1/shoppers/erasure", {"user_id": "ann"}),
    ],
}
ALL = [(scope, *request) for scope, requests in REQUESTS.items() for request in requests]


@pytest.mark.parametrize(("scope", "method", "path", "body"), ALL)
def test_a_shoppers_token_acts_for_that_shopper_alone(
    claimed, known, context, scope, method, path, body
):
    status, problem = call(method, path, context, body, {"sub": "bob", "scope": "openid"})
    assert (status, problem["type"]) == (403, "urn:retail-inference:problem:forbidden")
    assert scope in problem["detail"]
    assert call(method, path, context, body, {})[0] == 403
    assert len(get_history_store().newest("ann", 9)) == 3
    assert call(method, path, context, body, {"sub": "ann"})[0] == 200


@pytest.mark.parametrize(("scope", "method", "path", "body"), ALL)
def test_a_token_with_the_scope_acts_for_all(claimed, known, context, scope, method, path, body):
    for claims in ({"scope": f"openid {scope}"}, {"scp": [scope]}):
        assert call(method, path, context, body, claims)[0] == 200
    others = " ".join(other for other in REQUESTS if other != scope)
    assert call(method, path, context, body, {"scope": others})[0] == 403


def test_what_is_to_be_answered_later_is_looked_at_too(claimed, known, context):
    later = {"prefer": "respond-async"}
    for path, body in (
        ("/v1/recommendations", {"user_id": "ann"}),
        ("/v1/shoppers/erasure", {"user_id": "ann"}),
    ):
        assert call("POST", path, context, body, {"sub": "bob"}, later)[0] == 403
        assert call("POST", path, context, body, {"sub": "ann"}, later)[0] == 202


def test_who_names_nobody_or_signs_is_not_held_up(claimed, context):
    assert call("POST", "/v1/recommendations", context, {"k": 1}, {"sub": "bob"})[0] == 200
    assert call("POST", "/v1/recommendations", context, {"user_id": "ann", "k": 1})[0] == 200


def test_without_the_setting_every_token_may_name_everyone(known, context):
    assert call("GET", "/v1/shoppers/ann", context, claims={"sub": "bob"})[0] == 200


def test_a_job_of_another_system_is_told_to_a_scope_alone(claimed, context):
    job = JobKey.of("recommendation", "/v1/recommendations", "ticket-1", "{}")
    get_job_store().claim([job], 1_000)
    get_job_store().succeed({job: {"items": []}})
    path = "/v1/jobs/ticket-1"
    assert call("GET", path, context, claims={"sub": "bob"})[0] == 404
    assert call("GET", path, context, claims={"sub": "bob", "scope": "jobs:read"})[0] == 200
    _, queued = call(
        "POST",
        "/v1/recommendations",
        context,
        {"k": 1},
        {"sub": "bob"},
        {"prefer": "respond-async"},
    )
    own = f"/v1/jobs/{queued['id']}"
    assert call("GET", own, context, claims={"sub": "bob"})[0] == 200
    assert call("GET", own, context, claims={"sub": "ann"})[0] == 404


ARN = "arn:aws:personalize:eu-central-1:123456789012"
EVENTS = [{"eventType": "cart", "itemId": "22697", "sentAt": NOW}]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/recommendations", {"recommenderArn": f"{ARN}:recommender/for-you", "userId": "ann"}),
        (
            "/personalize-ranking",
            {"campaignArn": f"{ARN}:campaign/c", "userId": "ann", "inputList": ["22697"]},
        ),
        ("/events", {"trackingId": "t", "sessionId": "ann", "eventList": EVENTS}),
    ],
)
def test_clients_of_personalize_act_for_whom_their_token_names(claimed, known, context, path, body):
    status, problem = call("POST", path, context, body, {"sub": "bob"})
    assert (status, problem["__type"]) == (403, "AccessDeniedException")
    assert "its claim 'sub'" in problem["message"]
    assert call("POST", path, context, body, {"sub": "ann"})[0] == 200
