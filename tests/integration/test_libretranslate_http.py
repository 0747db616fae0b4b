"""LibreTranslate's routes through the real adapter, as its clients call them."""

import json
from urllib.parse import urlencode

import pytest

from functions.translation.service import TranslationService
from shared.errors import ModelMissing
from tests.integration.test_translation_http import BESTELLUNG, FORM, ORDER, call


@pytest.fixture
def translate(context):
    def send(**fields):
        status, body, _ = call("POST", "/translate", context, fields)
        return status, body

    return send


@pytest.fixture
def form(context):
    def send(path="/translate", media_type=FORM["content-type"], **fields):
        headers = {"content-type": media_type}
        return call("POST", path, context, urlencode(fields), headers)[:2]

    return send


def test_a_string_is_answered_with_a_string(translate):
    assert translate(q=ORDER, source="en", target="de") == (200, {"translatedText": BESTELLUNG})


def test_a_list_is_answered_with_a_list(translate):
    assert translate(q=[ORDER, "42"], source="en", target="de") == (
        200,
        {"translatedText": [BESTELLUNG, "42"]},
    )
    assert translate(q=[ORDER], source="en", target="de")[1] == {"translatedText": [BESTELLUNG]}


def test_auto_gives_the_detected_language_in_percent(translate):
    _, body = translate(q=ORDER, source="auto", target="de")
    assert body["translatedText"] == BESTELLUNG
    assert body["detectedLanguage"]["language"] == "en"
    assert 50 < body["detectedLanguage"]["confidence"] <= 100
    _, body = translate(q=[ORDER, BESTELLUNG], target="de")
    assert [found["language"] for found in body["detectedLanguage"]] == ["en", "de"]


def test_alternatives_are_listed_where_they_are_asked_for(translate):
    _, body = translate(q=ORDER, source="en", target="de", alternatives=2)
    assert len({body["translatedText"], *body["alternatives"]}) == 3
    _, body = translate(q=[ORDER, "42"], source="en", target="de", alternatives=2)
    assert [len(found) for found in body["alternatives"]] == [2, 0]


def test_html_and_an_api_key_are_taken(translate):
    status, body = translate(q="<b>Hello</b>", source="en", target="de", format="html", api_key="x")
    assert status == 200
    assert body["translatedText"].startswith("<b>")
    assert body["translatedText"].endswith("</b>")


@pytest.mark.parametrize(
    "media_type",
    [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=UTF-8",
        "Application/X-WWW-Form-Urlencoded",
    ],
)
def test_a_form_is_answered_as_json_is(form, media_type):
    status, body = form(media_type=media_type, q=ORDER, source="en", target="de", alternatives=1)
    assert (status, body["translatedText"]) == (200, BESTELLUNG)
    assert len(body["alternatives"]) == 1


def test_a_form_keeps_every_character(form):
    text = "{name} & 100% + é=🎉 ?"
    assert form(q=text, source="de", target="de") == (200, {"translatedText": text})
    assert form(q="", source="de", target="de") == (200, {"translatedText": ""})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"target": "de"}, "/q"),
        ({"q": "a"}, "/target"),
        ({"q": 3, "target": "de"}, "/q"),
        ({"q": [], "target": "de"}, "at least one"),
        ({"q": "a", "target": "xx"}, "de, en, es, fr"),
        ({"q": "a", "source": "xx", "target": "de"}, "de, en, es, fr"),
        ({"q": "a", "target": "de", "format": "xml"}, "/format"),
        ({"q": "a", "target": "de", "alternatives": 99}, "/alternatives"),
        ({"q": "x" * 10_001, "target": "de"}, "10,001 characters"),
        ({"q": ["a"] * 65, "target": "de"}, "65 texts"),
    ],
)
def test_an_error_is_one_string_with_400(translate, fields, message):
    status, body = translate(**fields)
    assert (status, list(body)) == (400, ["error"])
    assert message in body["error"]


@pytest.mark.parametrize("path", ["/translate", "/detect"])
@pytest.mark.parametrize("raw", ["{", "", "null", "[]", '"a"'])
def test_a_body_that_is_no_request_is_an_error(context, path, raw):
    status, body, headers = call("POST", path, context, raw)
    assert (status, list(body)) == (400, ["error"])
    assert headers["content-type"] == "application/json"


def test_a_form_without_a_field_is_an_error(form):
    assert form(q="a") == (400, {"error": "/target: Field required"})
    assert form("/detect", x="a") == (400, {"error": "/q: Field required"})


def test_languages_are_detected_in_percent(context, form):
    status, found, _ = call("POST", "/detect", context, {"q": BESTELLUNG})
    assert status == 200
    assert found[0]["language"] == "de"
    assert 70 < found[0]["confidence"] <= 100
    assert form("/detect", q=BESTELLUNG) == (200, found)
    assert call("POST", "/detect", context, {"q": [BESTELLUNG, "42"]})[1] == [found, []]


def test_languages_are_listed(context):
    status, found, _ = call("GET", "/languages", context)
    assert status == 200
    assert [language["code"] for language in found] == ["de", "en", "es", "fr"]
    assert found[1] == {"code": "en", "name": "English", "targets": ["de", "es", "fr"]}


def test_both_interfaces_say_the_same(context, translate):
    text = "I would like to return these shoes."
    mine = call("POST", "/v1/translate", context, json.dumps({"text": text, "target": "fr"}))[1]
    assert translate(q=text, target="fr")[1]["translatedText"] == mine["translations"][0]["text"]


def test_a_field_that_a_form_repeats_is_a_list(context):
    headers = {"content-type": FORM["content-type"]}
    body = urlencode([("q", ORDER), ("q", "42"), ("source", "en"), ("target", "de")])
    found = call("POST", "/translate", context, body, headers)[:2]
    assert found == (200, {"translatedText": [BESTELLUNG, "42"]})


def multipart(fields, boundary="--b7"):
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'
        for n, v in fields
    ]
    return "".join(parts) + f"--{boundary}--\r\n"


def test_a_multipart_form_is_answered_as_json_is(context):
    fields = [("q", ORDER), ("q", "été & {x}"), ("source", "en"), ("target", "de")]
    headers = {"content-type": "multipart/form-data; boundary=--b7"}
    status, body, _ = call("POST", "/translate", context, multipart(fields), headers)
    assert status == 200
    assert body["translatedText"][0] == BESTELLUNG
    assert "{x}" in body["translatedText"][1]


def test_a_multipart_form_without_its_boundary_is_an_error_in_this_shape(context):
    headers = {"content-type": "multipart/form-data"}
    status, body, _ = call("POST", "/translate", context, multipart([("q", "a")]), headers)
    assert status == 415
    assert list(body) == ["error"]
    assert "boundary" in body["error"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        *(("GET", path, "POST") for path in ("/translate", "/detect")),
        *((method, "/languages", "GET") for method in ("POST", "DELETE")),
    ],
)
def test_another_method_is_told_in_libretranslates_shape(context, method, path, allowed):
    status, body, headers = call(method, path, context)
    assert (status, list(body)) == (405, ["error"])
    assert (headers["allow"], headers["content-type"]) == (allowed, "application/json")


def test_a_failure_to_list_languages_is_told_in_libretranslates_shape(context, monkeypatch):
    def fail(*_):
        raise ModelMissing("No model is there.")

    monkeypatch.setattr(TranslationService, "languages", fail)
    status, body, headers = call("GET", "/languages", context)
    told = "The model cannot be served; the function's log tells why."
    assert (status, body) == (500, {"error": told})
    assert headers["content-type"] == "application/json"
    assert call("POST", "/v1/languages", context)[2]["content-type"] == "application/problem+json"
