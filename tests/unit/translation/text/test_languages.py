import pytest

from functions.translation.text import languages
from functions.translation.text.languages import LEAST_CONFIDENCE, UNKNOWN, Routes, recognise
from shared.errors import InvalidRequest
from shared.language import DetectedLanguage
from shared.models.spec import read_spec
from shared.settings import get_settings

SERVED = ["de", "en", "es", "fr"]
ROUTES = Routes(
    {("en", "de"): "out", ("en", "fr"): "out", ("de", "en"): "in", ("it", "fr"): "side"}
)


def test_a_direction_of_one_model_is_one_run():
    assert ROUTES.hops("en", "de") == [("en", "de")]


def test_two_others_go_by_way_of_english():
    assert ROUTES.hops("de", "fr") == [("de", "en"), ("en", "fr")]


def test_a_direct_model_is_preferred_to_the_way_through_english():
    direct = Routes({**ROUTES.models, ("de", "fr"): "direct"})
    assert direct.hops("de", "fr") == [("de", "fr")]


@pytest.mark.parametrize(
    ("source", "target"), [("de", "de"), ("it", "de"), ("en", "it"), ("und", "de"), ("fr", "en")]
)
def test_the_same_language_and_what_no_model_serves_have_no_runs(source, target):
    assert ROUTES.hops(source, target) == []


def test_what_is_served_is_listed_with_what_is_direct():
    listed = {language.code: language for language in ROUTES.languages()}
    assert list(listed) == ["de", "en", "it"]
    assert (listed["de"].targets, listed["de"].direct) == (["en", "fr"], ["en"])
    assert (listed["en"].targets, listed["en"].direct) == (["de", "fr"], ["de", "fr"])
    assert (listed["de"].name, listed["it"].name) == ("German", "Italian")


def test_a_language_without_a_known_name_is_called_by_its_code():
    (only,) = Routes({("xx", "en"): "a model"}).languages()
    assert (only.code, only.name) == ("xx", "xx")


@pytest.mark.parametrize(("source", "target"), [("en", "de"), (None, "fr"), ("de", "de")])
def test_what_is_served_passes(source, target):
    ROUTES.check(source, target)


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("xx", "de", "/source: 'xx' is not served; use one of de, en, it or 'auto'"),
        ("en", "xx", "/target: 'xx' is not served; use one of de, en, fr"),
        (None, "it", "/target: 'it' is not served; use one of de, en, fr"),
        ("it", "de", "/target: no model translates it to de; from it these are served: fr"),
        ("", "de", "/source: '' is not served; use one of de, en, it or 'auto'"),
    ],
)
def test_an_error_lists_what_is_allowed(source, target, message):
    with pytest.raises(InvalidRequest) as caught:
        ROUTES.check(source, target)
    assert caught.value.detail == message


def test_an_endless_code_is_not_quoted_in_full():
    with pytest.raises(InvalidRequest) as caught:
        ROUTES.check("x" * 1_000, "de")
    assert len(caught.value.detail) < 100


def test_routes_are_read_from_the_specs_and_the_first_name_serves():
    spec = read_spec(get_settings().model_dir("translation") / "en-de-fr-es")
    german = spec.model_copy(update={"languages": ("en",), "targets": ("de",)})
    routes = Routes.of({"en-de-fr-es": spec, "another": german})
    assert routes.sources == SERVED
    assert routes.models["en", "de"] == "another"
    assert routes.models["de", "en"] == routes.models["de", "fr"] == "en-de-fr-es"
    assert routes.targets("de") == ["en", "es", "fr"]
    assert len(routes.models) == 12


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wo ist meine Bestellung?", "de"),
        ("Where is my order?", "en"),
        ("¿Dónde está mi pedido?", "es"),
        ("Où est ma commande ?", "fr"),
        ("私の注文はどこですか", "ja"),
        ("Haluaisin palauttaa nämä kengät, kiitos paljon avusta.", "fi"),
    ],
)
def test_a_language_is_recognised_served_or_not(text, language):
    found = recognise(text, SERVED)
    assert found.language == language
    assert LEAST_CONFIDENCE <= found.confidence <= 1


@pytest.mark.parametrize("text", ["", " \n", "42 !!!", "🎉"])
def test_text_without_letters_is_in_no_language(text):
    assert recognise(text, SERVED) == (UNKNOWN, 0.0)


def detecting(monkeypatch, *found):
    candidates = [DetectedLanguage(*item) for item in found]
    monkeypatch.setattr(languages, "detect", lambda text: candidates)
    monkeypatch.setattr(languages, "clearly_other", lambda text, served: None)


def test_a_served_language_is_preferred_to_a_likelier_one_that_is_not(monkeypatch):
    detecting(monkeypatch, ("nl", 0.5), ("de", 0.3), ("en", 0.2))
    assert recognise("x", SERVED) == ("de", 0.3)


def test_a_language_that_is_too_unlikely_is_none(monkeypatch):
    detecting(monkeypatch, ("nl", 0.6), ("de", LEAST_CONFIDENCE - 0.01))
    assert recognise("x", SERVED) == (UNKNOWN, 0.0)
    detecting(monkeypatch, ("nl", 0.6), ("de", LEAST_CONFIDENCE))
    assert recognise("x", SERVED).language == "de"
