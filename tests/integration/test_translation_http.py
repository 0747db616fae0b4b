"""The translation API through the real adapter: API Gateway event in, response out."""

import copy
import json

import pytest

from functions.translation.api import handler
from tests.expectations import load_event

ORDER, BESTELLUNG = "Where is my order?", "Wo ist meine Bestellung?"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def call(method, path, context, body=None, headers=None):
    event = copy.deepcopy(load_event("intent_http.json"))
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["requestContext"]["http"]["method"] = method
    event["headers"] |= headers or {}
    event["body"] = body if body is None or isinstance(body, str) else json.dumps(body)
    answer = handler(event, context)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


@pytest.fixture
def post(context):
    def send(path, body, headers=None):
        return call("POST", path, context, body, headers)

    return send


@pytest.fixture
def get(context):
    def send(path):
        return call("GET", path, context)[:2]

    return send


def test_a_text_is_translated(post):
    status, body, headers = post("/v1/translate", {"text": ORDER, "source": "en", "target": "de"})
    assert (status, headers["content-type"]) == (200, "application/json")
    assert 0.5 < body["translations"][0].pop("confidence") <= 1
    assert body["translations"] == [
        {"text": BESTELLUNG, "source": {"language": "en", "confidence": 1}, "target": "de"}
    ]
    assert body["model"].startswith("bart-retail-en-de-fr-es@")
    assert body["warnings"] == []


def test_texts_are_answered_in_their_order_with_what_was_asked_for(post):
    fields = {"target": "DE ", "alternatives": 1, "glossary": [{"source": "shoe", "target": "Tak"}]}
    texts = [BESTELLUNG, ORDER, "", "My shoe is red."]
    _, body, _ = post("/v1/translate", {"texts": texts, **fields})
    found = body["translations"]
    assert [item["text"] for item in found[:3]] == [BESTELLUNG, BESTELLUNG, ""]
    assert [item["source"]["language"] for item in found] == ["de", "en", "und", "en"]
    assert [item.get("untranslated", {}).get("reason") for item in found] == [
        "same_language",
        None,
        "no_words",
        None,
    ]
    assert [len(item["alternatives"]) for item in found[:3]] == [0, 1, 0]
    assert found[3]["glossary_applied"] == [{"source": "shoe", "target": "Tak", "count": 1}]


def test_html_comes_back_as_html(post):
    text = "<p id='a'>Where is <b>my order</b>?</p>"
    _, body, _ = post("/v1/translate", {"text": text, "target": "de", "format": "html"})
    (found,) = body["translations"]
    assert found["text"].startswith("<p id='a'>")
    assert found["text"].endswith("?</p>")
    assert "Where" not in found["text"]


def test_an_empty_html_text_is_answered(post):
    status, body, _ = post("/v1/translate", {"text": "", "target": "de", "format": "html"})
    assert (status, body["translations"][0]["text"]) == (200, "")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/translate", r'{"text": "Hello \ud800 x", "source": "en", "target": "de"}'),
        ("/v1/translate", r'{"text": "Hello \ud800 x", "target": "de"}'),
        ("/v1/translate", r'{"text": "Hello", "target": "\ud800"}'),
        ("/v1/detect", r'{"text": "Hello \ud800 x"}'),
        ("/translate", r'{"q": "Hello \ud800 x", "target": "de"}'),
        ("/detect", r'{"q": "Hello \ud800 x"}'),
    ],
)
def test_half_a_surrogate_pair_is_no_server_error(post, path, body):
    assert post(path, body)[0] < 500


def test_languages_are_detected(post):
    _, body, _ = post("/v1/detect", {"texts": [BESTELLUNG, "42"]})
    first, second = (item["languages"] for item in body["detections"])
    assert first[0]["language"] == "de"
    assert [found["confidence"] for found in first] == sorted(
        (found["confidence"] for found in first), reverse=True
    )
    assert 0.7 < first[0]["confidence"] <= 1
    assert second == []


def test_languages_are_listed(get):
    status, body = get("/v1/languages")
    assert status == 200
    listed = {language["code"]: language for language in body["languages"]}
    assert set(listed) == {"de", "en", "es", "fr"}
    assert listed["en"]["direct"] == listed["en"]["targets"] == ["de", "es", "fr"]
    assert (listed["de"]["name"], listed["de"]["direct"]) == ("German", ["en", "es", "fr"])
    assert listed["de"]["targets"] == ["en", "es", "fr"]


@pytest.mark.parametrize("kind", ["live", "ready"])
def test_health(get, kind):
    assert get(f"/v1/translation/health/{kind}") == (200, {"status": "ok"})


def test_model_cards_are_listed(get):
    status, body = get("/v1/models")
    assert status == 200
    cards = {card["name"]: card for card in body["models"] if card["task"] == "translation"}
    assert set(cards) == {"bart-retail-en-de-fr-es"}
    assert cards["bart-retail-en-de-fr-es"]["languages"] == ["en", "de", "fr", "es"]
    assert all(card["files"]["decoder.onnx"]["sha256"] for card in cards.values())


@pytest.mark.parametrize(
    ("body", "limit", "pointer"),
    [
        ({"texts": ["hi"] * 65}, "texts", "/texts"),
        ({"texts": ["hi", "x" * 10_001]}, "characters", "/texts/1"),
        ({"text": "x" * 10_001}, "characters", "/text"),
        ({"texts": ["x" * 9_000] * 6}, "characters in all", "/texts"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/translate", "/v1/detect"])
def test_each_limit_is_reported_by_name(post, path, body, limit, pointer):
    if path == "/v1/translate":
        body = body | {"target": "de"}
    status, problem, headers = post(path, body)
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert (problem["limit"], problem["pointer"]) == (limit, pointer)
    assert problem["received"] > problem["allowed"]
    assert problem["request_id"] == headers["x-request-id"]


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        ('{"text": "a"}', "/target"),
        ('{"text": 3, "target": "de"}', "/text"),
        ('{"texts": [], "target": "de"}', "/texts"),
        ('{"texts": ["a", null], "target": "de"}', "/texts/1"),
        ('{"target": "de"}', ""),
        ('{"text": "a", "texts": ["b"], "target": "de"}', ""),
        ('{"text": "a", "target": "de", "alternatives": 8}', "/alternatives"),
        ('{"text": "a", "target": "de", "beam_size": 0}', "/beam_size"),
        ('{"text": "a", "target": "de", "format": "xml"}', "/format"),
        ('{"text": "a", "target": "de", "lang": "en"}', "/lang"),
        (
            '{"text": "a", "target": "de", "glossary": [{"source": " ", "target": "b"}]}',
            "/glossary/0/source",
        ),
        ("[]", ""),
    ],
)
def test_what_does_not_fit_is_a_problem_that_points_to_it(post, raw, pointer):
    status, problem, headers = post("/v1/translate", raw)
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert problem["type"].endswith(":invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("source", "target", "field"), [("xx", "de", "source"), ("en", "xx", "target")]
)
def test_a_language_that_is_not_served_is_a_problem_that_lists_them(post, source, target, field):
    status, problem, _ = post("/v1/translate", {"text": "a", "source": source, "target": target})
    assert status == 422
    assert problem["detail"].startswith(f"/{field}: 'xx' is not served; use one of de, en, es, fr")


def test_what_is_no_json_is_malformed(post):
    status, problem, _ = post("/v1/translate", "{")
    assert (status, problem["type"]) == (400, "urn:retail-inference:problem:malformed-json")


@pytest.mark.parametrize("path", ["/v1/translate", "/v1/detect"])
def test_a_form_is_refused_where_only_json_is_read(post, path):
    status, problem, headers = post(path, "q=hi&target=de", FORM)
    assert (status, headers["content-type"]) == (415, "application/problem+json")
    assert "application/json" in problem["detail"]


def test_wrong_method_and_wrong_path_are_problems(post, get):
    status, problem = get("/v1/translate")
    assert (status, problem["title"]) == (405, "Method Not Allowed")
    assert post("/v1/translates", {})[0] == 404


def test_headers_tell_the_time_of_each_part(post):
    _, _, headers = post("/v1/translate", {"text": ORDER, "source": "en", "target": "de"})
    names = [part.split(";")[0] for part in headers["server-timing"].split(", ")]
    assert names == ["tokenize", "infer", "total"]


def test_a_direct_event_is_answered_too(context):
    answer = handler({"text": ORDER, "source": "en", "target": "de"}, context)
    assert answer["translations"][0]["text"] == BESTELLUNG
    assert handler({"text": ORDER}, context)["status"] == 422
