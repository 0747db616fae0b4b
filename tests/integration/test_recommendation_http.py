"""The recommendation API through the real adapter: API Gateway event in, response out."""

import base64
import copy
import json
import time
from urllib.parse import quote, urlencode

import pytest

from functions.recommendation.api import handler
from functions.recommendation.service import get_service
from functions.recommendation.wanted import NO_HISTORY
from shared.errors import StoreUnavailable
from tests.expectations import load_event

RECOMMEND, RERANK = "/v1/recommendations", "/v1/recommendations/rerank"
EVENTS, POPULAR = "/v1/events", "/v1/items/popular"
TEACUPS = [{"item_id": "22697", "event": "purchase"}, {"item_id": "22698"}]
YESTERDAY_S = time.time() - 86_400
BOUGHT = {"user_id": "ann", "item_id": "22697", "event": "purchase", "timestamp": YESTERDAY_S}


def send(event, context):
    answer = handler(event, context)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def post(body, context, *, path=RECOMMEND, headers=None, raw=False):
    event = copy.deepcopy(load_event("recommendation_http.json"))
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["headers"] |= headers or {}
    event["body"] = body if raw else json.dumps(body)
    return send(event, context)


def get(path, context, **query):
    event = copy.deepcopy(load_event("recommendation_http_similar.json"))
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["queryStringParameters"] = {name: str(value) for name, value in query.items()}
    event["rawQueryString"] = urlencode(query)
    return send(event, context)


def ids(body):
    return [item["item_id"] for item in body["items"]]


def pointers(problem):
    return [error["pointer"] for error in problem["errors"]]


def test_recommendations(context):
    status, body, _ = post({"history": TEACUPS, "k": 5}, context)
    assert (status, len(body["items"]), body["warnings"]) == (200, 5, [])
    assert not {"22697", "22698"} & set(ids(body))
    scores = [item["score"] for item in body["items"]]
    assert scores == sorted(scores, reverse=True)
    assert set(body["items"][0]) == {"item_id", "title", "score"}
    assert body["model"] == get_service()._model.spec.identifier


def test_an_empty_request_is_a_new_shopper(context):
    status, body, _ = post({}, context)
    assert (status, body["warnings"]) == (200, [NO_HISTORY])
    assert ids(body) == ids(get(POPULAR, context)[1])


def test_recommendations_with_everything(context):
    request = {
        "history": TEACUPS,
        "k": 4,
        "exclude_seen": False,
        "filter": {"field": "price", "lte": 10},
        "diversity": 0.3,
        "explain": True,
    }
    status, body, _ = post(request, context)
    assert (status, len(body["items"])) == (200, 4)
    for item in body["items"]:
        assert {cause["item_id"] for cause in item["because"]} <= {"22697", "22698"}


def test_rerank(context):
    given = ["84879", "22699", "NO-SUCH", "22699"]
    status, body, _ = post({"history": TEACUPS, "item_ids": given}, context, path=RERANK)
    assert (status, sorted(ids(body))) == (200, ["22699", "84879"])
    assert "NO-SUCH" in body["warnings"][0]


def test_popular_items(context):
    status, body, _ = get(POPULAR, context, k=3)
    assert (status, len(body["items"])) == (200, 3)
    assert len(get(POPULAR, context)[1]["items"]) == 10


def test_similar_items(context):
    status, body, _ = get("/v1/items/22697/similar", context, k=7)
    assert (status, len(body["items"])) == (200, 7)
    assert "22697" not in ids(body)
    assert all(-1.01 <= item["score"] <= 1.01 for item in body["items"])
    assert len(get("/v1/items/22697/similar", context)[1]["items"]) == 10


@pytest.mark.parametrize("item_id", ["NO-SUCH", "22697 ", "ü", "[PAD]", "x" * 300])
def test_an_unknown_item_is_not_found(item_id, context):
    status, problem, headers = get(f"/v1/items/{quote(item_id)}/similar", context)
    assert (status, problem["type"].rpartition(":")[2]) == (404, "not-found")
    assert headers["content-type"] == "application/problem+json"
    assert "catalogue" in problem["detail"]


def test_events_are_in_the_next_recommendation(context):
    assert post({"user_id": "ann"}, context)[1]["warnings"] == [NO_HISTORY]
    status, body, _ = post({"event": BOUGHT}, context, path=EVENTS)
    assert (status, body) == (200, {"recorded": 1, "duplicates": 0, "warnings": []})
    events = [BOUGHT, BOUGHT | {"item_id": "22698"}, BOUGHT | {"item_id": "NEW"}]
    _, body, _ = post({"events": events}, context, path=EVENTS)
    assert (body["recorded"], body["duplicates"]) == (2, 1)
    assert "NEW" in body["warnings"][0]
    _, body, _ = post({"user_id": "ann", "explain": True}, context)
    assert "NEW" in body["warnings"][0]
    assert not {"22697", "22698"} & set(ids(body))
    causes = {cause["item_id"] for item in body["items"] for cause in item["because"]}
    assert causes <= {"22697", "22698"}


def test_each_test_has_a_store_of_its_own(context):
    assert post({"user_id": "ann"}, context)[1]["warnings"] == [NO_HISTORY]
    assert post({"event": BOUGHT}, context, path=EVENTS)[1]["recorded"] == 1


@pytest.mark.parametrize("path", ["live", "ready"])
def test_health(path, context):
    status, body, _ = get(f"/v1/recommendation/health/{path}", context)
    assert (status, body) == (200, {"status": "ok"})


def test_the_model_card_states_hashes_licence_and_metrics(context):
    _, body, _ = get("/v1/models", context)
    card = body["models"][0]
    assert card["task"] == "recommendation"
    assert all(entry["sha256"] for entry in card["files"].values())
    assert {metric["precision"] for metric in card["metrics"]} >= {"fp32", "int8", "popularity"}
    assert card["data"][0]["licence"]
    assert card["limits"]["history"] == get_service()._model.length


def test_openapi_has_every_route(context):
    status, document, _ = get("/openapi.json", context)
    assert status == 200
    assert set(document["paths"]) >= {
        RECOMMEND,
        RERANK,
        EVENTS,
        POPULAR,
        "/v1/items/{item_id}/similar",
        "/v1/models",
    }
    condition = document["components"]["schemas"]["Condition"]["properties"]
    assert set(condition) == {"field", "eq", "in", "lt", "lte", "gt", "gte", "and", "or", "not"}
    assert {option["type"] for option in condition["eq"]["anyOf"]} == {"string", "number", "null"}


@pytest.mark.parametrize(
    ("path", "body", "limit", "pointer"),
    [
        (RECOMMEND, {"history": [{"item_id": "a"}] * 1_001}, "history events", "/history"),
        (RERANK, {"item_ids": [f"i{n}" for n in range(1_001)]}, "items", "/item_ids"),
        (
            RERANK,
            {"item_ids": ["a"], "history": [{"item_id": "a"}] * 1_001},
            "history events",
            "/history",
        ),
        (EVENTS, {"events": [BOUGHT] * 501}, "events", "/events"),
    ],
)
def test_each_limit_is_reported_by_name(path, body, limit, pointer, context):
    status, problem, headers = post(body, context, path=path)
    assert status == 422
    assert headers["content-type"] == "application/problem+json"
    assert (problem["limit"], problem["pointer"]) == (limit, pointer)
    assert problem["received"] == problem["allowed"] + 1
    assert problem["request_id"] == headers["x-request-id"]


def test_a_filter_that_is_too_deep(context):
    condition = {"field": "price", "lt": 1}
    for _ in range(8):
        condition = {"not": condition}
    status, problem, _ = post({"filter": condition}, context)
    assert (status, problem["limit"]) == (422, "filter depth")
    assert problem["pointer"] == "/filter" + "/not" * 8


@pytest.mark.parametrize("depth", [60, 400])
def test_a_filter_of_any_depth_is_the_senders_mistake(depth, context):
    raw = '{"filter": ' + '{"not": ' * depth + '{"field": "price", "lt": 1}' + "}" * depth + "}"
    status, problem, _ = post(raw, context, raw=True)
    assert status == 422
    assert problem["type"].rpartition(":")[2] in {"invalid-request", "limit-exceeded"}


def test_a_body_over_the_byte_limit(context):
    status, problem, _ = post({"user_id": "x" * 300_000}, context)
    assert (status, problem["limit"]) == (413, "bytes")


TRUNCATED_PAIR = "\\ud800"
MISTAKES = [
    (RECOMMEND, {"k": 0}, ["/k"]),
    (RECOMMEND, {"k": 101}, ["/k"]),
    (RECOMMEND, {"k": "many"}, ["/k"]),
    (RECOMMEND, {"diversity": 1.5}, ["/diversity"]),
    (RECOMMEND, {"diversity": float("nan")}, ["/diversity"]),
    (RECOMMEND, {"user_id": ""}, ["/user_id"]),
    (RECOMMEND, {"user": "ann"}, ["/user"]),
    (RECOMMEND, {"history": [{"item_id": "a"}, {"event": "view"}]}, ["/history/1/item_id"]),
    (RECOMMEND, {"history": [{"item_id": "a", "event": "sold"}]}, ["/history/0/event"]),
    (RECOMMEND, {"history": [{"item_id": "x" * 257}]}, ["/history/0/item_id"]),
    (RECOMMEND, {"history": [{"item_id": "a", "timestamp": -1}]}, ["/history/0/timestamp"]),
    (
        RECOMMEND,
        {"history": [{"item_id": "a", "timestamp": 1_700_000_000_000}]},  # milliseconds
        ["/history/0/timestamp"],
    ),
    (RECOMMEND, {"history": {"item_id": "a"}}, ["/history"]),
    (RECOMMEND, {"filter": {}}, ["/filter"]),
    (RECOMMEND, {"filter": {"field": "price"}}, ["/filter"]),
    (RECOMMEND, {"filter": {"field": "price", "eq": True}}, ["/filter/eq"]),
    (RECOMMEND, {"filter": {"field": "price", "in": [1, []]}}, ["/filter/in/1"]),
    (RECOMMEND, {"filter": {"field": "price", "lt": "cheap"}}, ["/filter/lt"]),
    (RECOMMEND, {"filter": {"and": [{"field": "size", "eq": 1}]}}, ["/filter/and/0/field"]),
    (RECOMMEND, {"filter": {"or": [{"field": "price", "near": 1}]}}, ["/filter/or/0/near"]),
    (RERANK, {}, ["/item_ids"]),
    (RERANK, {"item_ids": []}, ["/item_ids"]),
    (RERANK, {"item_ids": ["a", ""]}, ["/item_ids/1"]),
    (RERANK, {"item_ids": ["a"], "k": 1}, ["/k"]),
    (EVENTS, {}, [""]),
    (EVENTS, {"event": BOUGHT, "events": [BOUGHT]}, [""]),
    (EVENTS, {"events": []}, ["/events"]),
    (EVENTS, {"event": {"item_id": "a"}}, ["/event/user_id"]),
    (EVENTS, {"events": [BOUGHT, BOUGHT | {"price": 1}]}, ["/events/1/price"]),
    (EVENTS, {"events": [BOUGHT, 3]}, ["/events/1"]),
]


@pytest.mark.parametrize(("path", "body", "wanted"), MISTAKES)
def test_what_does_not_fit_is_a_problem_document_that_points_at_it(path, body, wanted, context):
    status, problem, headers = post(body, context, path=path)
    assert status == 422
    assert headers["content-type"] == "application/problem+json"
    assert problem["type"].endswith("invalid-request")
    assert set(problem) >= {"type", "title", "status", "detail", "request_id", "errors"}
    assert set(pointers(problem)) == set(wanted)


@pytest.mark.parametrize(
    "raw", ['{"user_id": "a\\ud800"}', '{"history": [{"item_id": "\\ud800"}]}']
)
def test_half_a_surrogate_pair_is_told_and_not_a_server_error(raw, context):
    status, problem, _ = post(raw, context, raw=True)
    assert status == 422
    assert "surrogate" in problem["detail"]
    assert (
        "surrogate"
        in post(
            '{"event": {"user_id": "a", "item_id": "b", "event_id": "\\udfff"}}',
            context,
            path=EVENTS,
            raw=True,
        )[1]["detail"]
    )


@pytest.mark.parametrize("name", ["field", "eq"])
def test_half_a_surrogate_pair_in_a_filter_is_no_server_error(name, context):
    condition = json.dumps({"field": "price", "eq": "x"} | {name: "HALF"})
    raw = f'{{"filter": {condition}}}'.replace("HALF", TRUNCATED_PAIR)
    assert post(raw, context, raw=True)[0] == 422


@pytest.mark.parametrize(("raw", "status"), [("{", 400), ("", 422), ("null", 422), ("[]", 422)])
@pytest.mark.parametrize("path", [RECOMMEND, RERANK, EVENTS])
def test_a_body_that_is_no_object(raw, status, path, context):
    got, problem, headers = post(raw, context, path=path, raw=True)
    assert (got, problem["status"]) == (status, status)
    assert headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("k", ["0", "101", "x", "1.5"])
@pytest.mark.parametrize("path", [POPULAR, "/v1/items/22697/similar"])
def test_a_wrong_k_in_a_query_is_pointed_at(path, k, context):
    status, problem, _ = get(path, context, k=k)
    assert (status, pointers(problem)) == (422, ["/k"])


def test_another_media_type_is_refused(context):
    status, problem, _ = post({}, context, headers={"content-type": "text/plain"})
    assert status == 415
    assert "application/json" in problem["detail"]


def test_wrong_path_and_wrong_method_are_problems(context):
    assert post({}, context, path="/v1/recommendation")[0] == 404
    status, problem, headers = get(RECOMMEND, context)
    assert (status, problem["title"], headers["allow"]) == (405, "Method Not Allowed", "POST")
    assert post({}, context, path=POPULAR)[2]["allow"] == "GET"


def timings(headers):
    return [part.split(";")[0] for part in headers["server-timing"].split(", ")]


def test_headers_tell_timing_request_id_and_cold_start(context):
    request = {"user_id": "ann", "history": TEACUPS, "explain": True}
    _, _, headers = post(request, context, headers={"x-request-id": "abc-1"})
    assert headers["x-request-id"] == "abc-1"
    assert headers["x-cold-start"] in {"true", "false"}
    assert timings(headers) == ["history", "infer", "explain", "total"]
    assert timings(post({"history": TEACUPS}, context)[2]) == ["infer", "total"]
    assert timings(post({}, context)[2]) == ["total"]
    assert timings(post({"event": BOUGHT}, context, path=EVENTS)[2]) == ["history", "total"]
    assert timings(get("/v1/items/22697/similar", context)[2]) == ["infer", "total"]
    assert timings(get(POPULAR, context)[2]) == ["total"]


def test_an_unfit_request_id_is_replaced_by_lambdas(context):
    _, _, headers = post({}, context, headers={"x-request-id": "a b\r\nset-cookie: x"})
    assert headers["x-request-id"] == context.aws_request_id


def test_a_base64_body_is_read(context):
    event = load_event("recommendation_http.json")
    event["body"] = base64.b64encode(json.dumps({"history": TEACUPS, "k": 2}).encode()).decode()
    event["isBase64Encoded"] = True
    assert len(send(event, context)[1]["items"]) == 2


class AwayStore:
    def record(self, events):
        raise StoreUnavailable("The history store did not answer.")

    def newest(self, user_id, count):
        raise StoreUnavailable("The history store did not answer.")


def test_a_store_that_is_away_is_told_to_be_tried_again(context, monkeypatch):
    monkeypatch.setattr(get_service(), "_store", AwayStore())
    for path, body in ((EVENTS, {"event": BOUGHT}), (RECOMMEND, {"user_id": "ann"})):
        status, problem, headers = post(body, context, path=path)
        assert (status, headers["retry-after"]) == (503, "1")
        assert problem["type"].endswith("store-unavailable")
        with pytest.raises(StoreUnavailable):  # Lambda repeats what is raised
            handler(body, context)
    assert post({"history": TEACUPS}, context)[0] == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (RECOMMEND, {"history": TEACUPS, "k": 3, "explain": True}),
        (RECOMMEND, {}),
        (RERANK, {"history": TEACUPS, "item_ids": ["84879", "22699"]}),
    ],
)
def test_a_direct_invocation_answers_as_http_does(path, body, context):
    directly, by_http = handler(body, context), post(body, context, path=path)[1]
    assert directly.pop("recommendation_id") != by_http.pop("recommendation_id")
    assert directly == by_http


def test_events_can_be_sent_directly(context):
    assert handler({"event": BOUGHT}, context) == {"recorded": 1, "duplicates": 0, "warnings": []}
    assert handler({"events": [BOUGHT]}, context)["duplicates"] == 1
    assert "22697" not in ids(handler({"user_id": "ann", "k": 100}, context))


@pytest.mark.parametrize(
    ("path", "body", "wanted"),
    # A direct body is known by its fields: without one it is a request for recommendations.
    [case for case in MISTAKES if case[1] and "user_id" not in case[1]],
)
def test_a_direct_mistake_is_the_same_problem_as_by_http(path, body, wanted, context):
    problem = handler(body, context)
    assert set(pointers(problem)) == set(wanted)
    by_http = post(body, context, path=path)[1]
    assert (problem["type"], problem["status"]) == (by_http["type"], by_http["status"])


@pytest.mark.parametrize("payload", [None, [], "22697", 3, {"history": 1}, {"k": None}])
def test_a_direct_payload_that_is_no_request_is_a_problem(payload, context):
    problem = handler(payload, context)
    assert problem["status"] in {400, 422}
    assert problem["detail"]


def test_a_direct_limit_is_told_by_name(context):
    problem = handler({"events": [BOUGHT] * 501}, context)
    assert (problem["limit"], problem["pointer"]) == ("events", "/events")


def test_a_warm_up_is_no_request(context):
    assert handler({"warmup": True}, context)["warm"] is True


def test_queue_records_at_the_api_are_refused(context):
    with pytest.raises(Exception, match="worker"):
        handler(load_event("recommendation_sqs.json"), context)
