import pytest

from functions.translation import translator
from functions.translation.decoding.model import MarianModel
from functions.translation.decoding.search import search
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

    def watched(model, language, rows, beams):
        lengths.extend(len(row) for row in rows)
        return search(model, language, rows, beams)

    monkeypatch.setattr(translator, "search", watched)
    Translator(model, "de").translate([Sentence("The word " + "Ωδή " * 60 + "is Greek.")], 1)
    assert lengths
    assert max(lengths) <= model.spec.limits["tokens"]
