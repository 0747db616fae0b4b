"""Items' fields, sessions, what is on the rise or bought together, and what came of answers."""

import json
import time
from urllib.parse import quote, urlencode

import pytest

from functions.recommendation.history import get_history_store
from functions.recommendation.service import get_service
from functions.recommendation.together import TOGETHER_FILE
from functions.recommendation.wanted import NO_HISTORY
from local.services import entry
from local.worker import local_queue, work_off
from shared.settings import get_settings
from tests.calls import by_token as call

NOW = int(time.time()) - 3_600  # within what is kept
TEACUPS = [{"item_id": "22697", "event": "purchase"}, {"item_id": "22698"}]
RECOMMEND, TOGETHER = "/v1/recommendations", "/v1/recommendations/bought-together"
ITEMS, TRENDING, EVENTS = "/v1/items", "/v1/items/trending", "/v1/events"


def ids(body) -> list[str]:
    return [item["item_id"] for item in body["items"]]


def put(item_id: str, fields, context, **more):
    return call("PUT", f"{ITEMS}/{quote(item_id)}", context, {"fields": fields}, **more)


def work(context) -> None:
    worker = entry("recommendation", "worker").handler
    assert work_off(local_queue("recommendation"), worker, timeout_s=30) == 1


# ---- items' fields --------------------------------------------------------------------------


def test_the_next_answer_obeys_what_was_written(context):
    asked = {"history": TEACUPS, "k": 5, "filter": {"field": "stock", "gte": 1}}
    status, problem = call("POST", RECOMMEND, context, asked)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/filter/field")
    first = ids(call("POST", RECOMMEND, context, {"history": TEACUPS, "k": 3})[1])
    for item_id in first:
        assert put(item_id, {"stock": 4}, context) == (200, {"written": 1, "warnings": []})
    assert sorted(ids(call("POST", RECOMMEND, context, asked)[1])) == sorted(first)
    put(first[0], {"stock": 0}, context)
    assert ids(call("POST", RECOMMEND, context, asked)[1]) == first[1:]


def test_an_item_that_is_not_active_is_shown_nowhere(context):
    gone = "22699"
    asked = {"history": TEACUPS, "k": 3}
    rerank = {"history": TEACUPS, "item_ids": [gone, "84879"]}
    popular = ids(call("GET", "/v1/items/popular", context)[1])
    assert gone in ids(call("POST", RECOMMEND, context, asked)[1])
    put(gone, {"active": False}, context)
    put(popular[0], {"active": False}, context)
    assert gone not in ids(call("POST", RECOMMEND, context, asked)[1])
    pinned = call("POST", RECOMMEND, context, asked | {"pinned": [{"item_id": gone}]})[1]
    assert gone not in ids(pinned)
    assert any(gone in warning for warning in pinned["warnings"])
    assert gone not in ids(call("GET", "/v1/items/22697/similar", context)[1])
    assert popular[0] not in ids(call("GET", "/v1/items/popular", context)[1])
    assert gone not in ids(call("POST", TOGETHER, context, {"basket": ["22697"]})[1])
    ranked = call("POST", f"{RECOMMEND}/rerank", context, rerank)[1]
    assert ids(ranked) == ["84879"]
    assert any(gone in warning for warning in ranked["warnings"])
    put(gone, {"active": None}, context)
    assert gone in ids(call("POST", RECOMMEND, context, asked)[1])


def test_an_item_can_be_read(context):
    put("22697", {"stock": 4, "brand": "Regency", "active": True}, context)
    status, body = call("GET", "/v1/items/22697", context)
    assert (status, body["item_id"], body["title"][:5]) == (200, "22697", "GREEN")
    assert body["written"] == {"stock": 4, "brand": "Regency", "active": True}
    assert (body["fields"]["stock"], body["fields"]["brand"]) == (4, "Regency")
    assert body["fields"]["price"] > 0
    assert call("GET", "/v1/items/22698", context)[1]["fields"]["stock"] is None
    assert call("GET", "/v1/items/NO-SUCH", context)[0] == 404


def test_an_item_whose_id_has_a_slash(context):
    status, body = put("shoes/red/42", {"stock": 4}, context)
    assert status == 200
    assert "shoes/red/42" in body["warnings"][0]
    status, body = call("GET", "/v1/items/shoes/red/42", context)
    assert (status, body["title"], body["written"]) == (200, None, {"stock": 4})
    for path in ("/v1/items/shoes/red/43", "/v1/items/shoes/red/42/similar"):
        status, problem = call("GET", path, context)
        assert (status, problem["type"].rpartition(":")[2]) == (404, "not-found")
        assert " item" in problem["detail"]  # it was looked for: the route took the whole id


def test_many_items_by_http_queue_and_directly(context):
    rows = [{"item_id": f"{22697 + n}", "fields": {"stock": n}} for n in range(3)]
    assert call("POST", ITEMS, context, {"items": rows})[1]["written"] == 3
    assert call("GET", "/v1/items/22699", context)[1]["fields"]["stock"] == 2
    later = {"items": [{"item_id": "22699", "fields": {"stock": 7}}]}
    assert call("POST", ITEMS, context, later, headers={"prefer": "respond-async"})[0] == 202
    work(context)
    assert call("GET", "/v1/items/22699", context)[1]["fields"]["stock"] == 7
    direct = entry("recommendation", "api").handler
    later["items"][0]["fields"]["stock"] = 8
    assert direct(later, context) == {"written": 1, "warnings": []}
    assert call("GET", "/v1/items/22699", context)[1]["fields"]["stock"] == 8
    lines = [{"index": 0, "request": later}, {"index": 1, "request": {"basket": ["22697"]}}]
    bulk = entry("recommendation", "worker").handler({"Items": lines}, context)
    assert [it["status"] for it in bulk["results"]] == ["succeeded", "succeeded"]
    assert bulk["results"][1]["result"]["items"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"fields": {"price": "cheap"}}, "/fields/price"),
        ({"fields": {"price": []}}, "/fields/price"),
        ({"fields": {"active": 1}}, "/fields"),
        ({"fields": {"a b": 1}}, "/fields/a b"),
        ({"fields": {}}, "/fields"),
        ({"price": 3}, "/fields"),
        ({"fields": {"note": "x" * 257}}, "/fields/note"),
    ],
)
def test_fields_that_cannot_be_written_point_at_the_place(body, pointer, context):
    status, problem = call("PUT", "/v1/items/22697", context, body)
    assert status == 422
    assert any(it["pointer"].startswith(pointer) for it in problem["errors"]), problem


def test_one_wrong_item_of_many_is_pointed_at_and_none_is_written(context):
    rows = [
        {"item_id": "22697", "fields": {"stock": 1}},
        {"item_id": "b", "fields": {"price": "x"}},
    ]
    status, problem = call("POST", ITEMS, context, {"items": rows})
    assert (status, problem["errors"][0]["pointer"]) == (422, "/items/1/fields/price")
    assert call("GET", "/v1/items/22697", context)[1]["written"] == {}


def test_too_many_fields_are_refused(context):
    rows = [{"item_id": "22697", "fields": {f"f{n}_{m}": 1 for m in range(50)}} for n in range(3)]
    status, problem = call("POST", ITEMS, context, {"items": rows})
    assert (status, problem["limit"]) == (422, "fields")


def test_a_shoppers_token_writes_no_items(claimed, context):
    body = {"items": [{"item_id": "22697", "fields": {"price": 0.01}}]}
    for method, path, sent in (
        ("PUT", "/v1/items/22697", {"fields": {"price": 0.01}}),
        ("POST", ITEMS, body),
    ):
        status, problem = call(method, path, context, sent, {"sub": "ann"})
        assert status == 403
        assert "items:write" in problem["detail"]
        assert call(method, path, context, sent, {"scope": "items:write"})[0] == 200
        assert call(method, path, context, sent)[0] == 200  # signed


# ---- sessions -------------------------------------------------------------------------------


def did(item_id="22697", **who):
    return {"event": {"item_id": item_id, "event": "purchase", "timestamp": NOW, **who}}


def test_a_session_has_a_history_and_gives_it_to_its_user(context):
    call("POST", EVENTS, context, did(session_id="s1"))
    asked = {"session_id": "s1", "k": 5}
    answer = call("POST", RECOMMEND, context, asked)[1]
    assert answer["warnings"] == []
    assert "22699" in ids(answer)
    assert call("POST", RECOMMEND, context, {"user_id": "s1"})[1]["warnings"] == [NO_HISTORY]
    both = did("22698", session_id="s1", user_id="ann")
    _, body = call("POST", EVENTS, context, both)
    assert body == {"recorded": 1, "duplicates": 0, "joined": 1, "warnings": []}
    assert call("POST", RECOMMEND, context, asked)[1]["warnings"] == [NO_HISTORY]
    exported = call("GET", "/v1/shoppers/ann", context)[1]["events"]
    assert {event["item_id"] for event in exported} == {"22697", "22698"}
    assert call("DELETE", "/v1/shoppers/ann", context) == (200, {"erased": 2})
    assert call("POST", EVENTS, context, both)[1]["recorded"] == 1


def test_a_request_with_both_uses_both_and_joins_nothing(context):
    call("POST", EVENTS, context, did(session_id="s1"))
    call("POST", EVENTS, context, did("84879", user_id="ann"))
    answer = call("POST", RECOMMEND, context, {"user_id": "ann", "session_id": "s1", "k": 100})[1]
    assert not {"22697", "84879"} & set(ids(answer))
    assert len(get_history_store().newest("ann", 9)) == 1


def test_ids_of_users_and_sessions_do_not_meet(context):
    for user_id in ("\0session\0s1", "s1"):
        call("POST", EVENTS, context, did(user_id=user_id))
    assert call("POST", RECOMMEND, context, {"session_id": "s1"})[1]["warnings"] == [NO_HISTORY]
    call("POST", EVENTS, context, did(user_id="\0items"))
    assert call("GET", "/v1/items/22697", context)[1]["written"] == {}


def test_a_session_is_read_and_erased_by_its_id(context):
    call("POST", EVENTS, context, did(session_id="s/1"))
    call("POST", EVENTS, context, did(user_id="s/1"))
    query = urlencode({"session": "true"})
    assert len(call("GET", "/v1/shoppers/s/1", context, query=query)[1]["events"]) == 1
    assert call("DELETE", "/v1/shoppers/s/1", context, query=query)[1] == {"erased": 1}
    assert len(call("GET", "/v1/shoppers/s/1", context)[1]["events"]) == 1
    call("POST", EVENTS, context, did(session_id="s2"))
    erasure = {"session_id": "s2"}
    assert call("POST", "/v1/shoppers/erasure", context, erasure)[1] == {"erased": 1}
    assert call("POST", "/v1/shoppers/erasure", context, {})[0] == 422


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (RECOMMEND, {"session_id": "s1"}),
        (EVENTS, did(session_id="s1")),
        (EVENTS, did(session_id="s1", user_id="ann")),
        (EVENTS, {"events": [did(user_id="ann")["event"], did(session_id="s1")["event"]]}),
        ("/v1/shoppers/erasure", {"session_id": "s1"}),
    ],
)
def test_a_shoppers_token_takes_no_session_over(claimed, context, path, body):
    """A session's id may be another one's: who joins it reads it."""
    assert call("POST", path, context, body, {"sub": "ann"})[0] == 403
    scopes = "recommendations:read events:write shoppers:erase"
    assert call("POST", path, context, body, {"sub": "ann", "scope": scopes})[0] == 200


def test_a_guests_token_names_its_own_session(claimed, context):
    assert call("POST", EVENTS, context, did(session_id="guest-1"), {"sub": "guest-1"})[0] == 200


# ---- what is on the rise, and bought together -----------------------------------------------


def test_what_is_on_the_rise(context):
    assert "POST /v1/events" in call("GET", TRENDING, context)[1]["warnings"][-1]
    events = [
        {"user_id": f"u{n}", "item_id": item, "event": "purchase"}
        for item, times in (("84879", 3), ("22697", 2), ("22698", 1))
        for n in range(times)
    ]
    call("POST", EVENTS, context, {"events": events})
    status, body = call("GET", TRENDING, context)
    assert (status, ids(body)) == (200, ["84879", "22697", "22698"])
    assert [round(item["score"], 1) for item in body["items"]] == [3, 2, 1]
    assert "per" not in body
    query = urlencode({"k": 1, "half_life_h": 2, "event": "view"})
    assert call("GET", TRENDING, context, query=query)[1]["items"] == []


def test_what_is_on_the_rise_of_each_value(context):
    for item_id, brand in (("84879", "Birds"), ("22697", "Roses"), ("22698", "Roses")):
        put(item_id, {"brand": brand}, context)
    events = [
        {"user_id": f"u{n}", "item_id": item, "event": "purchase"}
        for item, times in (("84879", 2), ("22697", 2), ("22698", 1), ("22699", 4))
        for n in range(times)
    ]
    call("POST", EVENTS, context, {"events": events})
    body = call("GET", TRENDING, context, query=urlencode({"per": "brand"}))[1]
    assert [(it["value"], ids(it)) for it in body["per"]] == [
        ("Roses", ["22697", "22698"]),
        ("Birds", ["84879"]),
    ]
    query = urlencode({"per": "brand", "value": "Birds"})
    assert ids(call("GET", TRENDING, context, query=query)[1]) == ["84879"]
    for wrong, pointer in (
        ({"per": "size"}, "/per"),
        ({"per": "price"}, "/per"),
        ({"value": "x"}, "/value"),
    ):
        status, problem = call("GET", TRENDING, context, query=urlencode(wrong))
        assert (status, problem["errors"][0]["pointer"]) == (422, pointer)


def test_what_is_bought_together(context):
    status, body = call("POST", TOGETHER, context, {"basket": ["22697", "NO-SUCH"], "k": 2})
    assert (status, set(ids(body))) == (200, {"22698", "22699"})
    assert "NO-SUCH" in body["warnings"][0]
    asked = {"basket": ["22697"], "k": 2, "excluded": ["22698"]}
    assert "22698" not in ids(call("POST", TOGETHER, context, asked)[1])
    asked["filter"] = {"field": "price", "lt": 0.01}
    assert call("POST", TOGETHER, context, asked)[1]["items"] == []
    assert call("POST", TOGETHER, context, {"basket": []})[0] == 422


def test_a_model_without_the_table_says_so(context, monkeypatch):
    monkeypatch.setitem(get_service().model.__dict__, "together", None)
    status, problem = call("POST", TOGETHER, context, {"basket": ["22697"]})
    assert status == 404
    assert "training.recommendation.together" in problem["detail"]
    assert TOGETHER_FILE in get_service().model.spec.files


# ---- what came of answers -------------------------------------------------------------------


def test_events_count_for_the_answer_that_had_their_item(context, monkeypatch, capsys):
    answer = call("POST", RECOMMEND, context, {"history": TEACUPS, "k": 4})[1]
    own = {"user_id": "ann", "recommendation_id": answer["recommendation_id"], "event": "view"}
    events = [
        own | {"item_id": ids(answer)[0]},
        own | {"item_id": ids(answer)[0], "timestamp": NOW},
    ]
    events += [own | {"item_id": ids(answer)[1], "event": "purchase"}, own | {"item_id": "22697"}]
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "recommendation")
    get_settings.cache_clear()
    capsys.readouterr()
    body = call("POST", EVENTS, context, {"events": events})[1]
    assert (body["recorded"], len(body["warnings"])) == (4, 1)
    assert "1 name an answer" in body["warnings"][0]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (sent,) = (line for line in lines if "_aws" in line)
    assert sent["RecommendedItemsViewed"] == [1]
    assert sent["RecommendedItemsBought"] == [1]
    call("POST", RECOMMEND, context, {"history": TEACUPS, "k": 4})
    (sent,) = (
        line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" in line
    )
    assert sent["RecommendedItems"] == [4]
