import random
import re

import pytest

from functions.translation.engine import Engine
from functions.translation.schemas import (
    MAX_CHARACTERS,
    MAX_TEXTS,
    MAX_TOTAL_CHARACTERS,
    TranslateRequest,
    TranslateResponse,
)
from functions.translation.service import TranslationService, get_service
from functions.translation.text.attempts import Scored
from functions.translation.text.spans import keeps_numbers
from functions.translation.translator import Translator
from shared.errors import InvalidRequest, LimitExceeded
from tests.by_english import FROM_ENGLISH, INTO_ENGLISH, two_models

ORDER, BESTELLUNG = "Where is my order?", "Wo ist meine Bestellung?"
LONG = "I would like to return these shoes because they are too small."


def outcomes(*fields):
    return get_service().translate([TranslateRequest(**one) for one in fields])


def respond(**fields):
    (outcome,) = outcomes(fields)
    assert not isinstance(outcome, Exception), outcome
    return outcome


def english(text, target="de", **fields):
    """The translation of one English text."""
    (translation,) = respond(text=text, source="en", target=target, **fields).translations
    return translation


def reason(translation):
    return translation.untranslated and translation.untranslated.reason


def test_a_sentence_is_translated():
    found = english(ORDER)
    assert (found.text, found.target, found.untranslated) == (BESTELLUNG, "de", None)
    assert (found.source.language, found.source.confidence) == ("en", 1)


@pytest.mark.parametrize("form", ["text", "html"])
@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        (BESTELLUNG, "de", "same_language"),
        (BESTELLUNG, "auto", "same_language"),
        ("私の注文はどこですか", "auto", "unsupported_language"),
        ("", "auto", "no_words"),
        ("", "en", "no_words"),
        (" \n\t ", "auto", "no_words"),
        ("42 🎉 #4711 {name} !!!", "auto", "no_words"),
        ("Schuhe\n in Größe 42 &amp; f&uuml;r {name}", "de", "same_language"),
    ],
)
def test_what_is_not_translated_comes_back_as_it_was_with_the_reason(form, text, source, expected):
    (found,) = respond(text=text, source=source, target="de", format=form).translations
    assert (found.text, reason(found)) == (text, expected)


def test_a_glossary_does_not_change_what_is_not_translated():
    glossary = [{"source": "Bestellung", "target": "order"}]
    (found,) = respond(text=BESTELLUNG, target="de", glossary=glossary).translations
    assert (found.text, found.glossary_applied) == (BESTELLUNG, [])


def test_text_of_no_language_says_how_to_name_one(monkeypatch):
    monkeypatch.setattr("functions.translation.text.languages.detect", lambda text: [])
    (found,) = respond(text="qwrt zpsd", target="de").translations
    assert (found.text, reason(found)) == ("qwrt zpsd", "unrecognised_language")
    assert (found.source.language, found.source.confidence) == ("und", 0)
    assert "'source'" in found.untranslated.detail


def test_an_unsupported_language_lists_those_that_are_read():
    (found,) = respond(text="私の注文はどこですか", target="de").translations
    assert found.source.language == "ja"
    assert "de, en, es, fr" in found.untranslated.detail


@pytest.mark.parametrize(("source", "target"), [("xx", "de"), ("en", "xx"), ("en", "auto")])
def test_an_unknown_language_is_an_error_that_lists_the_known(source, target):
    (outcome,) = outcomes({"text": ORDER, "source": source, "target": target})
    assert isinstance(outcome, InvalidRequest)
    assert "de, en, es, fr" in outcome.detail


def test_sentences_in_another_language_are_taken_to_be_in_theirs():
    german = "Guten Tag, ich möchte diese Schuhe bitte zurückgeben."
    response = respond(text=f"{german}\n{LONG} {LONG}", target="de")
    (found,) = response.translations
    assert found.text.startswith(f"{german}\n")
    assert LONG not in found.text
    (warning,) = response.warnings
    assert warning.startswith("/text holds sentences in de too")


def test_a_pivot_is_warned_of_once(tmp_path):
    service = TranslationService(Engine(two_models(tmp_path), 1))
    request = TranslateRequest(texts=[BESTELLUNG, BESTELLUNG], source="de", target="fr")
    (response,) = service.translate([request])
    assert isinstance(response, TranslateResponse)
    assert [w for w in response.warnings if "by way of English" in w] == response.warnings
    assert len(response.warnings) == 1
    names = {name.partition("@")[0] for name in response.model.split("+")}
    assert names == {FROM_ENGLISH, INTO_ENGLISH}
    assert all(found.text not in {BESTELLUNG, ORDER} for found in response.translations)
    assert respond(text=ORDER, source="en", target="de").warnings == []


@pytest.mark.parametrize(
    ("texts", "limit", "hint"),
    [
        (["x" * (MAX_CHARACTERS + 1)], "characters", "Split the text"),
        (["hi"] * (MAX_TEXTS + 1), "texts", "Split the list"),
        (["42 " * 3_000] * 6, "characters in all", "several requests"),
    ],
)
def test_each_limit_says_how_to_split(texts, limit, hint):
    (outcome,) = outcomes({"texts": texts, "target": "de"})
    assert isinstance(outcome, LimitExceeded)
    assert outcome.extensions["limit"] == limit
    assert outcome.extensions["received"] > outcome.extensions["allowed"]
    assert hint in outcome.detail


def test_what_just_fits_the_limits_is_answered():
    assert MAX_TOTAL_CHARACTERS >= MAX_CHARACTERS
    assert len(respond(texts=["4" * MAX_CHARACTERS] * 5, target="de").translations) == 5
    assert len(respond(texts=["4"] * MAX_TEXTS, target="de").translations) == MAX_TEXTS


def test_one_bad_request_does_not_harm_its_neighbours():
    good = {"texts": [ORDER, LONG], "source": "en", "target": "de"}
    between = {"text": BESTELLUNG, "target": "fr", "alternatives": 1}
    bad = [
        {"text": "x" * (MAX_CHARACTERS + 1), "target": "de"},
        {"text": ORDER, "source": "en", "target": "xx"},
    ]
    found = outcomes(good, bad[0], between, bad[1], good)
    assert [isinstance(item, InvalidRequest) for item in found] == [False, True, False, True, False]
    assert [found[0], found[2], found[4]] == [respond(**good), respond(**between), respond(**good)]


@pytest.mark.parametrize("form", ["text", "html"])
def test_random_bytes_are_answered(form):
    rng = random.Random(7)
    texts = [rng.randbytes(200).decode(code, "replace") for code in ("utf-8", "latin-1") * 5]
    for fields in ({"source": "en"}, {}):
        response = respond(texts=texts, target="de", format=form, **fields)
        assert all(len(found.text) < 2_500 for found in response.translations)


@pytest.mark.parametrize("source", ["en", "auto"])
def test_half_a_surrogate_pair_is_answered_or_refused(source):
    try:
        request = TranslateRequest(text="Hello \ud800 there", source=source, target="de")
    except ValueError:
        return
    (outcome,) = get_service().translate([request])
    assert isinstance(outcome, InvalidRequest | TranslateResponse)


def test_endless_repetition_is_bounded_and_warned_of():
    text = "the " * 2_400
    response = respond(texts=[ORDER, text], source="en", target="de")
    assert [found.text for found in response.translations] == [BESTELLUNG, text]
    (warning,) = response.warnings
    assert warning.startswith("/texts/1: 1 of 1 sentences could not be translated")


def test_a_sentence_that_the_model_fails_at_is_left_and_warned_of(monkeypatch):
    monkeypatch.setattr(Translator, "_run", lambda self, texts, beams, best: [[] for _ in texts])
    response = respond(text=f"{ORDER} {LONG}", source="en", target="de")
    assert response.translations[0].text == f"{ORDER} {LONG}"
    assert "/text: 2 of 2 sentences" in response.warnings[0]


def test_a_wrong_number_does_not_come_through(monkeypatch):
    def sevens(self, texts, beams, best):
        """A model that loses placeholders, and writes 7 for every number."""
        return [[Scored(re.sub(r"\d+", "7", re.sub("⟦.⟧", "", text)))] for text in texts]

    monkeypatch.setattr(Translator, "_run", sevens)
    for text in ("Take 2 of 3 boxes.", "{a} {b} {c} {d} {e} {f} {g} {h} {i} take 2 boxes"):
        assert keeps_numbers(text, english(text).text)


def test_alternatives_are_distinct_and_make_the_beam_wide_enough():
    response = respond(text=ORDER, source="en", target="de", alternatives=3, beam_size=2)
    (found,) = response.translations
    assert len({found.text, *found.alternatives}) == 4
    assert ["2" in w and "4 beams" in w for w in response.warnings] == [True]
    assert respond(text=ORDER, source="en", target="de", alternatives=3).warnings == []
    assert english(ORDER, alternatives=1, beam_size=4).text == found.text == english(ORDER).text
    assert english(ORDER).alternatives is None
    assert english("42", alternatives=2).alternatives == []
