"""The intent API through the real adapter: API Gateway event in, response out."""

import base64
import copy
import json
import re

import pytest

from functions.intent.api import handler
from tests.expectations import load_event, outcomes


def post(body, context, *, path="/v1/intent", headers=None, raw=False):
    event = copy.deepcopy(load_event("intent_http.json"))
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["headers"] |= headers or {}
    event["body"] = body if raw else json.dumps(body)
    answer = handler(event, context)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where is my order", "track_order"),
        ("WHERE IS MY ORDER???", "track_order"),
        ("i want a refund", "get_refund"),
        ("hello there", "greeting"),
        ("will it rain in Hamburg tomorrow?", "out_of_scope"),
        ("Ich möchte meine Bestellung stornieren", "cancel_order"),
        ("Où est mon colis ?", "track_order"),
        ("私の注文はどこですか", "wrong_language"),
        ("", "empty"),
        ("   \n\t ", "empty"),
        ("😀😀", "empty"),
        ("talk to a human please", "contact_human_agent"),
    ],
)
def test_what_a_shopper_types(text, expected, context):
    status, body, _ = post({"text": text}, context)
    assert status == 200
    assert outcomes(body) == [expected]


def test_results_come_in_the_order_of_the_texts(context):
    texts = ["where is my package?", "", "I forgot my password", "x " * 60, "delete my account"]
    _, body, _ = post({"texts": texts}, context)
    alone = [outcomes(post({"text": text}, context)[1])[0] for text in texts]
    assert outcomes(body) == alone


def test_confidences_are_probabilities_and_top_k_is_kept(context):
    _, body, _ = post({"text": "where is my package?", "top_k": 5}, context)
    (result,) = body["results"]
    assert len(result["alternatives"]) == 5
    confidences = [result["intent"]["confidence"]] + [
        a["confidence"] for a in result["alternatives"]
    ]
    assert confidences == sorted(confidences, reverse=True)
    assert 0 < sum(confidences) <= 1.0001


def test_a_high_threshold_makes_it_abstain(context):
    _, body, _ = post({"text": "my thing about the order", "threshold": 1.0}, context)
    (result,) = body["results"]
    assert result["intent"] is None
    assert result["abstained"]["reason"] in {"out_of_scope", "ambiguous"}


def test_explanation_weighs_every_word_and_finds_the_telling_one(context):
    _, body, _ = post({"text": "please cancel my order", "explain": True}, context)
    (result,) = body["results"]
    assert result["explained"] == "cancel_order"
    assert [word["token"] for word in result["explanation"]] == ["please", "cancel", "my", "order"]
    assert max(result["explanation"], key=lambda word: word["weight"])["token"] == "cancel"


@pytest.mark.parametrize(
    ("body", "limit", "pointer"),
    [
        ({"texts": ["hi"] * 65}, "texts", "/texts"),
        ({"texts": ["hi", "x" * 10_000]}, "characters", "/texts/1"),
        ({"texts": ["one two three four"] * 64 + [], "explain": True}, None, None),
        (
            {"texts": ["one two three four five"] * 64, "explain": True},
            "explained words",
            "/explain",
        ),
    ],
)
def test_each_limit_is_reported_by_name(body, limit, pointer, context):
    status, problem, headers = post(body, context)
    if limit is None:
        assert status == 200
        return
    assert status == 422
    assert headers["content-type"] == "application/problem+json"
    assert (problem["limit"], problem["pointer"]) == (limit, pointer)
    assert problem["received"] > problem["allowed"]
    assert problem["request_id"] == headers["x-request-id"]


def test_a_body_over_the_byte_limit(context):
    status, problem, _ = post({"text": "x" * 300_000}, context)
    assert (status, problem["limit"]) == (413, "bytes")


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        ("", 422, "invalid-request"),
        ("null", 422, "invalid-request"),
        ("[]", 422, "invalid-request"),
        ("{", 400, "malformed-json"),
        ('{"text": 3}', 422, "invalid-request"),
        ('{"texts": []}', 422, "invalid-request"),
        ("{}", 422, "invalid-request"),
        ('{"text": "a", "texts": ["b"]}', 422, "invalid-request"),
        ('{"text": "a", "top_k": 99}', 422, "invalid-request"),
        ('{"text": "a", "threshold": 2}', 422, "invalid-request"),
        ('{"text": "a", "lang": "en"}', 422, "invalid-request"),
    ],
)
def test_what_does_not_fit_is_a_problem_document(raw, status, code, context):
    got, problem, headers = post(raw, context, raw=True)
    assert got == status
    assert headers["content-type"] == "application/problem+json"
    assert problem["type"].endswith(code)
    assert set(problem) >= {"type", "title", "status", "detail", "request_id"}


def test_another_media_type_is_refused(context):
    status, problem, _ = post({"text": "hi"}, context, headers={"content-type": "text/plain"})
    assert status == 415
    assert "application/json" in problem["detail"]


def test_a_missing_content_type_is_taken_as_json(context):
    event = load_event("intent_http.json")
    del event["headers"]["content-type"]
    assert handler(event, context)["statusCode"] == 200


def test_wrong_path_and_wrong_method_are_problems(context):
    status, problem, _ = post({"text": "hi"}, context, path="/v1/intents")
    assert (status, problem["status"]) == (404, 404)
    status, problem, headers = post({}, context, path="/v1/intent/labels")
    assert (status, problem["title"], headers["allow"]) == (405, "Method Not Allowed", "GET")


def test_headers_tell_timing_request_id_and_cold_start(context):
    _, _, headers = post({"text": "hi"}, context, headers={"x-request-id": "abc-1"})
    assert headers["x-request-id"] == "abc-1"
    assert headers["x-cold-start"] in {"true", "false"}
    names = [part.split(";")[0] for part in headers["server-timing"].split(", ")]
    assert names == ["tokenize", "infer", "total"]


def test_an_unfit_request_id_is_replaced_by_lambdas(context):
    _, _, headers = post({"text": "hi"}, context, headers={"x-request-id": "a b\r\nset-cookie: x"})
    assert headers["x-request-id"] == context.aws_request_id


def test_a_base64_body_is_read(context):
    event = load_event("intent_http.json")
    event["body"] = base64.b64encode('{"text": "talk to a person — now"}'.encode()).decode()
    event["isBase64Encoded"] = True
    assert json.loads(handler(event, context)["body"])["results"][0]["intent"]


def test_labels_leave_out_of_scope_out(context):
    body = json.loads(handler(load_event("intent_http_labels.json"), context)["body"])
    names = [label["name"] for label in body["labels"]]
    assert len(names) == 55
    assert "out_of_scope" not in names
    assert all(label["description"] and len(label["examples"]) >= 3 for label in body["labels"])
    asked = {slot for label in body["labels"] for slot in label.get("slots", [])}
    assert {"order_number", "product", "place"} <= asked <= set(body["slots"])


def test_the_model_card_states_hashes_licence_and_metrics(context):
    body = json.loads(handler(load_event("intent_http_models.json"), context)["body"])
    (card,) = [card for card in body["models"] if card["task"] == "intent"]
    assert card["files"]["model.onnx"]["sha256"]
    assert {metric["precision"] for metric in card["metrics"]} == {"fp32", "int8"}
    assert card["languages"] == ["en", "de", "fr", "es"]
    assert card["data"][0]["licence"] == "CC0-1.0"


def test_queue_records_at_the_api_are_refused(context):
    with pytest.raises(Exception, match="worker"):
        handler(load_event("intent_sqs.json"), context)


@pytest.mark.parametrize("payload", [None, [], "where is my order", 3, {}, {"texts": 1}])
def test_a_direct_payload_that_is_no_request_is_a_problem(payload, context):
    problem = handler(payload, context)
    assert problem["status"] in {400, 422}
    assert problem["detail"]


def test_half_a_surrogate_pair_is_told_and_not_a_server_error(context):
    status, body, _ = post(r'{"texts": ["hello", "hi \ud800"]}', context, raw=True)
    assert (status, body["errors"][0]["pointer"]) == (422, "/texts/1")
    assert "surrogate" in body["detail"]


def test_a_long_mail_is_cut_to_the_part_that_matters_and_says_so(context):
    chatter = "It has been a lovely spring here, and the garden is full of birds. " * 12
    mail = (
        f"Hello,\n\n{chatter}\nPlease cancel my order.\n{chatter}\n\nRegards\n> you wrote\n> this"
    )
    status, body, _ = post({"texts": [mail, "where is my package?"]}, context)
    assert status == 200
    assert outcomes(body) == ["cancel_order", "track_order"]
    (warning,) = body["warnings"]
    assert warning.startswith("/texts/0: read from character ")


@pytest.mark.parametrize(
    "text",
    [
        "ꙮ" * 300,
        "where is my order? " + "𓀀" * 300,
        "cancel my order and " + "ꙮ 𓀀" * 200 + " where is my parcel?",
        "I want a refund and " + "ꙮ" * 200 + " also track " + "𓀀" * 150,
        "ꙮ 𓀀 " * 60 + "and where is my parcel? also cancel it",
    ],
)
@pytest.mark.parametrize("explain", [False, True])
def test_rare_characters_that_are_many_tokens_are_read_as_far_as_can_be(text, explain, context):
    """A part of few characters may be more tokens than the model takes."""
    status, body, _ = post({"text": text, "explain": explain}, context)
    assert status == 200
    (warning,) = body["warnings"]
    start, end, whole = map(int, re.findall(r"\d+", warning))
    assert (0 <= start < end <= whole, whole) == (True, len(text))
    assert end - start < whole
    if explain:
        words = [weight["token"] for weight in body["results"][0]["explanation"]]
        assert words == text[start:end].split()


def test_a_short_answer_is_the_slot_that_was_asked_for(context):
    turn = {"intent": "cancel_order", "asked_slot": "order_number"}
    _, body, _ = post({"text": "  48213", "context": turn}, context)
    (result,) = body["results"]
    assert result["intent"]["name"] == result["about"] == "cancel_order"
    (slot,) = result["slots"]
    assert (slot["name"], slot["text"], slot["start"], slot["end"]) == (
        "order_number",
        "48213",
        2,
        7,
    )


def test_another_wish_in_place_of_the_asked_slot_is_heard(context):
    turn = {"intent": "cancel_order", "asked_slot": "order_number"}
    _, body, _ = post({"text": "I forgot my password", "context": turn}, context)
    assert outcomes(body) == ["recover_password"]
    assert "about" not in body["results"][0]


@pytest.mark.parametrize("name", ["cancel_ordr", "out_of_scope", "é'<b>"])
def test_an_intent_of_the_context_that_the_model_does_not_have_is_refused(name, context):
    turn = {"intent": name, "asked_slot": "order_number"}
    status, problem, _ = post({"text": "48213", "context": turn}, context)
    assert status == 422
    assert [error["pointer"] for error in problem["errors"]] == ["/context/intent"]
    labels = json.loads(handler(load_event("intent_http_labels.json"), context)["body"])["labels"]
    assert all(label["name"] in problem["detail"] for label in labels)


def test_slots_of_the_context_that_the_model_does_not_have_are_told(context):
    """A bot may keep slots of its own, and one that is written wrong would be asked for again."""
    turn = {"intent": "cancel_order", "slots": {"order_no": "48213", "product": "mug", "mood": "x"}}
    status, body, _ = post({"text": "yes", "context": turn | {"asked_slot": "reason"}}, context)
    assert status == 200
    asked, slots = body["warnings"]
    assert asked.startswith("/context/asked_slot: 'reason' is no slot of this model; it has amount")
    assert slots.startswith("/context/slots: 'order_no', 'mood' are no slots of this model; it has")
    turn = {"intent": "cancel_order", "slots": {"product": "mug"}, "asked_slot": "order_number"}
    assert post({"text": "48213", "context": turn}, context)[1]["warnings"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"context": {"asked_slot": "order_number"}},
        {"context": {"intent": "x", "more": 1}},
        {"context": {"intent": "x", "slots": {"a": 3}}},
        {"country": "Germany"},
        {"now": "yesterday"},
    ],
)
def test_a_context_of_another_shape_is_refused(wrong, context):
    status, problem, _ = post({"text": "48213", **wrong}, context)
    assert status == 422
    assert problem["type"].endswith("invalid-request")
