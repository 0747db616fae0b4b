"""LibreTranslate's own Python client."""

import json
import urllib.error

import pytest
from libretranslatepy import LibreTranslateAPI

ORDER, BESTELLUNG = "Where is my order?", "Wo ist meine Bestellung?"


@pytest.fixture
def client(url):
    return LibreTranslateAPI(url)


def test_a_text_is_translated(client):
    assert client.translate(ORDER, "en", "de") == BESTELLUNG


def test_a_text_of_an_unknown_language_is_translated(client):
    assert "my order" in client.translate(BESTELLUNG, "auto", "en")


def test_signs_that_a_form_writes_otherwise_arrive(client):
    text = "Größe 38 & 40 + Versand = 5 % mehr; 100 €?"
    kept = client.translate(text, "de", "en")
    assert "38 & 40" in kept
    assert "€" in kept


def test_a_language_is_detected(client):
    first, *_ = client.detect("Wo ist meine Bestellung? Ich warte seit einer Woche.")
    assert first["language"] == "de"
    assert 50 < first["confidence"] <= 100


def test_languages_are_listed(client):
    """The client sends a form as the body of this GET."""
    listed = {language["code"]: language for language in client.languages()}
    assert {"en", "de", "fr", "es"} <= listed.keys()
    assert listed["de"]["name"] == "German"
    assert "en" in listed["de"]["targets"]


def test_a_key_of_the_api_is_no_hindrance(url):
    assert LibreTranslateAPI(f"{url}/", "a-key").translate(ORDER, "en", "de") == BESTELLUNG


def test_a_refusal_is_one_that_the_client_can_read(client):
    with pytest.raises(urllib.error.HTTPError) as raised:
        client.translate(ORDER, "en", "xx")
    with raised.value as answer:
        assert answer.status == 400
        assert "xx" in json.loads(answer.read())["error"]
