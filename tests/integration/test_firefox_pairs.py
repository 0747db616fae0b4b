"""Firefox's models behind the service: all that the default models can do, and many pairs."""

import shutil
import time
from pathlib import Path

import pytest

from functions.translation.engine import Engine
from functions.translation.schemas import TranslateRequest, TranslateResponse
from functions.translation.service import TranslationService
from local import publish_model
from shared.locations import parse_location
from shared.models.spec import read_spec, write_spec
from shared.operations import NoFields
from shared.settings import get_settings
from tests.aws_server import AwsServer
from tests.firefox import FOLDER, PAIRS, served_folder


@pytest.fixture(scope="module")
def service():
    for pair in PAIRS:
        served_folder(pair)
    return TranslationService(Engine(get_settings().model_dir("translation"), 1, FOLDER))


def ask(service, text, target, source="auto", **more):
    fields = {"texts": text} if isinstance(text, list) else {"text": text}
    request = TranslateRequest(**fields, target=target, source=source, **more)
    (outcome,) = service.translate([request])
    assert isinstance(outcome, TranslateResponse), outcome
    return outcome


def texts(outcome):
    return [found.text for found in outcome.translations]


def test_english_and_portuguese_are_translated_directly(service):
    assert texts(ask(service, "Where is my order?", "pt")) == ["Onde está a minha encomenda?"]
    assert texts(ask(service, "Este produto está esgotado no momento.", "en")) == [
        "This product is currently out of stock."
    ]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("de", "Wo ist meine Bestellung?"),
        ("fr", "Où est ma commande ?"),
        ("es", "¿Dónde está mi pedido?"),
    ],
)
def test_german_french_and_spanish_reach_portuguese_by_way_of_english(service, source, text):
    outcome = ask(service, text, "pt", source)
    assert texts(outcome)[0].startswith("Onde está")
    assert "by way of English" in outcome.warnings[0]
    assert outcome.model.count("@") == 2
    back = ask(service, "Onde está o meu pacote?", source, "pt")
    assert back.translations[0].text != "Onde está o meu pacote?"


def test_alternatives_are_distinct_and_the_first_is_the_best(service):
    (found,) = ask(service, "The parcel was damaged.", "pt", "en", alternatives=3).translations
    assert len({found.text, *found.alternatives}) == 4
    assert found.text == ask(service, "The parcel was damaged.", "pt", "en").translations[0].text


def test_a_glossary_is_obeyed(service):
    terms = [{"source": "Cloud Runner", "target": "Corredor das Nuvens"}]
    text = "The Cloud Runner is back in stock."
    (found,) = ask(service, text, "pt", "en", glossary=terms).translations
    assert "Corredor das Nuvens está de volta" in found.text
    assert [term.count for term in found.glossary_applied] == [1]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Your order 4711-BX is on its way.", ["4711-BX"]),
        ("Write to help@shop.example or visit https://shop.example/help.", ["help@shop.example"]),
        ("Hello {name}, your code is 83911.", ["{name}", "83911"]),
        ("It costs $49.90 and shipping is €5.00.", ["$49.90", "€5.00"]),
        ("Use SUMMER25 before 31/12/2026 to save 20%.", ["SUMMER25", "31/12/2026", "20%"]),
    ],
)
def test_codes_prices_and_addresses_come_through(service, text, kept):
    (found,) = texts(ask(service, text, "pt", "en"))
    assert all(found.count(part) == 1 for part in kept)
    assert "⟦" not in found


def test_html_keeps_its_tags_in_order(service):
    html = (
        '<p class="a">This jacket is <b>waterproof</b> and <i>breathable</i>.</p>'
        "<ul><li>Free shipping on <b>all orders</b> this week.</li></ul>"
    )
    (found,) = texts(ask(service, html, "pt", "en", format="html"))
    for tag in ('<p class="a">', "<b>", "</b>", "<i>", "</i>", "<ul>", "<li>", "</li>", "</ul>"):
        assert found.count(tag) == html.count(tag)
    assert "jaqueta" in found or "casaco" in found


def test_many_texts_come_out_as_each_alone(service):
    several = ["Where is my order?", "Battery not included.", "Do you ship to Canada?"] * 5
    together = texts(ask(service, several, "pt", "en"))
    assert together == [texts(ask(service, text, "pt", "en"))[0] for text in several]


def test_languages_are_told_without_opening_a_model():
    engine = Engine(get_settings().model_dir("translation"), 1, FOLDER)
    languages = {
        found.code: found for found in TranslationService(engine).languages(NoFields()).languages
    }
    assert languages["pt"].name == "Portuguese"
    assert languages["pt"].direct == ["en"]
    assert languages["de"].targets == ["en", "es", "fr", "pt"]
    assert engine.open_names == []


def test_the_longest_unused_models_are_closed_under_the_budget():
    one_mb = 4 * sum(f.size_bytes for f in read_spec(FOLDER / "en-pt").files.values()) / 1e6
    engine = Engine(get_settings().model_dir("translation"), 1, FOLDER, int(one_mb * 1.2))
    service = TranslationService(engine)
    first = texts(ask(service, "Where is my order?", "pt", "en"))
    assert engine.open_names == ["en-pt"]
    ask(service, "Onde está o meu pacote?", "en", "pt")
    assert engine.open_names == ["pt-en"]
    assert texts(ask(service, "Where is my order?", "pt", "en")) == first
    assert engine.open_names == ["en-pt"]
    roomy = Engine(get_settings().model_dir("translation"), 1, FOLDER, int(one_mb * 2.3))
    service = TranslationService(roomy)
    english, portuguese = "Where is my order?", "Onde está o meu pacote?"
    for text, target, source in ((english, "pt", "en"), (portuguese, "en", "pt")) * 2:
        ask(service, text, target, source)
    ask(service, english, "pt", "en")
    assert roomy.open_names == ["pt-en", "en-pt"]


@pytest.fixture
def twelve_pairs(monkeypatch, tmp_path):
    """A bucket with twelve pairs: the real ones, under their own and other languages' names."""
    with AwsServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("MODEL_CACHE_DIR", str(tmp_path / "cache"))
        get_settings.cache_clear()
        server.make_bucket("models")
        for place, code in enumerate(("pt", "it", "nl", "pl", "sv", "cs")):
            for pair in PAIRS:
                named = pair.replace("pt", code)
                folder = shutil.copytree(served_folder(pair), tmp_path / named)
                spec = read_spec(folder)
                codes = {"languages": (named[:2],), "targets": (named[3:],)}
                example = {**spec.golden.inputs[0], "target": named[3:]}
                golden = spec.golden.model_copy(
                    update={"inputs": (example, *spec.golden.inputs[1:])}
                )
                update = {**codes, "golden": golden, "name": f"firefox-{named}"}
                write_spec(folder, spec.model_copy(update=update))
                to = f"s3://models/pairs/{named}"
                assert publish_model.main(["--model", str(folder), "--to", to]) == 0, place
        yield parse_location("s3://models/pairs")


def test_a_pair_in_s3_is_fetched_when_it_is_first_asked_for(twelve_pairs, tmp_path):
    engine = Engine(get_settings().model_dir("translation"), 1, twelve_pairs)
    service = TranslationService(engine)
    assert len(service.languages(NoFields()).languages) == 10
    cache = tmp_path / "cache"
    assert not cache.exists() or not [path for path in cache.iterdir() if path.is_dir()]
    ask(service, "Where is my order?", "de", "en")  # the function is warm
    start = time.perf_counter()
    outcome = ask(service, "Where is my order?", "it", "en")
    seconds = time.perf_counter() - start
    assert texts(outcome) == ["Onde está a minha encomenda?"]  # Portuguese weights, renamed
    assert "firefox-en-it@" in outcome.model
    assert [path.name.split("@")[0] for path in Path(cache).iterdir() if path.is_dir()] == [
        "firefox-en-it"
    ]
    assert seconds < 10  # benchmarks/firefox_pairs.py measures; a shared machine may be slow
