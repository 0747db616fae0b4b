import pytest

from functions.translation import translator
from functions.translation.decoding.model import MarianModel
from functions.translation.decoding.search import search
from functions.translation.text import genders
from functions.translation.translator import Sentence, Translator
from shared.settings import get_settings


@pytest.fixture(scope="module")
def model():
    return MarianModel.load(get_settings().model_dir("translation") / "en-de-fr-es")


def test_a_translator_gives_so_many_translations_the_best_first(model):
    german = Translator(model, "de")
    (best,) = german.translate([Sentence("Where is my order?")], beams=4, best=3)
    assert len(best) == len(set(best)) == 3
    assert german.translate([Sentence("Where is my order?")], 1) == [["Wo ist meine Bestellung?"]]


def test_no_text_is_cut_off_because_it_has_more_pieces_than_characters(model, monkeypatch):
    lengths: list[int] = []

    def watched(model, language, rows, beams, boosts):
        lengths.extend(len(row) for row in rows)
        return search(model, language, rows, beams, boosts)

    monkeypatch.setattr(translator, "search", watched)
    Translator(model, "de").translate([Sentence("The word " + "Ωδή " * 60 + "is Greek.")], 1)
    assert lengths
    assert max(lengths) <= model.spec.limits["tokens"]


@pytest.mark.parametrize("beams", [1, 4])
def test_a_rare_word_becomes_what_the_dictionary_says(model, monkeypatch, beams):
    text = "Rhubarb and a nutcracker lie beside the trellis."

    def german(weight, source):
        monkeypatch.setitem(model.spec.parameters, translator.DICTIONARY_WEIGHT, weight)
        return Translator(model, "de", source).translate([Sentence(text)], beams)[0][0]

    with_it, without = german(9.0, "en"), german(9.0, None)
    assert {"Rhabarber", "Nussknacker"} <= set(with_it.replace(".", "").split())
    assert german(0.0, "en") == without


def test_a_batch_has_the_same_translations_as_each_text_alone(model, monkeypatch):
    monkeypatch.setitem(model.spec.parameters, translator.DICTIONARY_WEIGHT, 3.0)
    texts = ["The brim is sturdy.", "Two nutcrackers", "Rhubarb jam with a hint of vanilla", "Hi"]
    german = Translator(model, "de", "en")
    together = german.translate([Sentence(text) for text in texts], 4)
    assert together == [german.translate([Sentence(text)], 4)[0] for text in texts]


def test_a_language_without_a_dictionary_is_translated_without_it(model, monkeypatch):
    monkeypatch.setitem(model.spec.parameters, translator.DICTIONARY_WEIGHT, 3.0)
    assert translator.boosts_of(model, ["A nutcracker"], "it", "de") is None
    assert translator.boosts_of(model, ["A nutcracker"], "en", "de") is not None


def test_the_dictionary_knows_the_genders_of_its_nouns(model, monkeypatch):
    monkeypatch.setitem(model.spec.parameters, translator.DICTIONARY_WEIGHT, 3.0)
    boosts = translator.boosts_of(model, ["A nutcracker"], "en", "de")
    wanted = [word for word in boosts.wanted[0] if model.pieces("Nussknacker") in word.forms]
    assert [word.genders[model.pieces("Nussknacker")] & genders.M for word in wanted] == [genders.M]
    (der,) = model.pieces("der")
    (einen,) = model.pieces("einen")
    assert boosts.determiners[der] & genders.M
    assert boosts.determiners[einen] == genders.M
