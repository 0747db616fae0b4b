import pytest

from functions.translation.text.labels import label
from functions.translation.text.things import AMBIGUOUS, LANGUAGES, nouns, things, traits

LABELS = [
    ("en", "fr", "wool scarf", "écharpe en laine"),
    ("en", "de", "blue cotton shirts", "blaue Hemden aus Baumwolle"),
    ("en", "es", "wooden spoons", "cucharas de madera"),
    ("en", "fr", "small leather handbags for women", "petits sacs à main en cuir pour femme"),
    ("en", "es", "dark grey sofas", "sofás gris oscuro"),
    ("en", "de", "three knives", "drei Messer"),
    ("en", "fr", "an umbrella", "un parapluie"),
    ("de", "en", "Rote Schuhe für Damen", "red shoes for women"),
    ("de", "en", "Gartenstühle aus Metall", "metal garden chairs"),
    ("de", "fr", "Graue Wollsocken für Herren", "chaussettes en laine grises pour homme"),
    ("fr", "en", "Couteaux de cuisine en acier inoxydable", "stainless steel kitchen knives"),
    ("fr", "de", "bottes d\u2019hiver", "Winterstiefel"),
    ("es", "en", "zapatos rojos de cuero para mujer", "red leather shoes for women"),
    ("es", "fr", "dos tazas blancas", "deux tasses blanches"),
]


@pytest.mark.parametrize(("source", "target", "text", "written"), LABELS)
def test_every_part_of_a_label_comes_out_once(source, target, text, written):
    assert label(text, source, target) == written


@pytest.mark.parametrize(
    "text",
    [
        *(
            "blue",
            "shirt blue",
            "a shirt and a scarf",
            "the shirt",
            "shirts are blue",
            "shirt shirt",
        ),
        *("wool cotton scarf", "Nova scarf", "scarf with a hood", ""),
    ],
)
def test_what_is_more_or_less_than_a_label_is_left_to_the_model(text):
    assert label(text, "en", "de") is None


def test_a_german_one_is_left_to_a_sentence_that_tells_its_case():
    assert label("a lamp", "en", "de") is None
    assert label("two lamps", "en", "de") == "zwei Lampen"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_thing_is_read_and_written_back(language):
    for thing in things():
        noun = thing.nouns[language]
        if noun.singular.lower() not in AMBIGUOUS[language]:
            read, _ = nouns(language)[noun.singular.lower()]
            assert read.nouns[language].singular == noun.singular


def test_every_trait_has_a_kind_and_all_languages():
    kinds = {"colour", "quality", "material", "purpose", "audience"}
    assert {trait.kind for trait in traits()} == kinds
    assert all(trait.written(code) for trait in traits() for code in LANGUAGES)
