import pytest

from functions.translation.text.lexicon import missing
from functions.translation.text.spans import Marked
from functions.translation.text.stand_ins import stand_ins


def made(core, output, source, target):
    marked = Marked()
    lost, _ = missing(core, output, source, target)
    return stand_ins(core, lost, source, target, marked), marked


@pytest.mark.parametrize(
    ("source", "target", "text", "output", "lost"),
    [
        ("en", "es", "The kettle is broken.", "La nieve está rota.", ["kettle"]),
        ("en", "es", "The kettle is broken.", "El hervidor está roto.", []),
        ("en", "de", "A leather bag", "Eine Ledertasche", []),
        ("fr", "en", "L'oreiller est lavable", "The ear is washable", ["oreiller"]),
        ("en", "pt", "The kettle is broken.", "A neve.", []),
    ],
)
def test_words_without_a_meaning_in_the_translation_are_missing(source, target, text, output, lost):
    assert [one.word for one in missing(text, output, source, target)[0]] == lost


@pytest.mark.parametrize(
    ("target", "text", "wrong", "read", "told", "written"),
    [
        ("es", "The kettle is broken.", "La nieve está rota.", "The book is broken.",
         "El libro está roto.", "El hervidor está roto."),
        ("fr", "The pillow is washable.", "Le tableau est lavable.", "The book is washable.",
         "Le livre est lavable.", "L'oreiller est lavable."),
        ("de", "My pillows are here.", "Meine Kehlen sind hier.", "My books are here.",
         "Meine Bücher sind hier.", "Meine Kissen sind hier."),
        ("de", "THE PILLOW IS HERE", "DIE KEHLE IST HIER", "THE BOOK IS HERE",
         "DAS BUCH IST HIER", "DAS KISSEN IST HIER"),
    ],
)  # fmt: skip
def test_a_noun_goes_through_as_one_of_its_gender(target, text, wrong, read, told, written):
    found, _ = made(text, wrong, "en", target)
    assert found is not None
    assert found.core == read
    assert found.put_back(told) == written


@pytest.mark.parametrize("told", ["Das ist kaputt.", "Le livre du livre est lavable."])
def test_a_stand_in_that_is_lost_or_doubled_is_no_translation(told):
    found, _ = made("The pillow is washable.", "Le tableau est lavable.", "en", "fr")
    assert found is not None
    assert found.put_back(told) is None


def test_into_english_a_thing_is_put_aside_with_what_is_said_of_it():
    core = "J'ai commandé six tasses blanches hier."
    found, marked = made(core, "I ordered six cups.", "fr", "en")
    assert found is not None
    assert marked.restore(found.core) == "J'ai commandé six white cups yesterday."


def test_a_sentence_with_nothing_missing_has_none():
    assert made("The pillow is washable.", "Le coussin est lavable.", "en", "fr")[0] is None
