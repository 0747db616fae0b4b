import pytest

from functions.translation.text.dictionary import MOST_FORMS, has, translations


@pytest.mark.parametrize(
    ("source", "target", "text", "form"),
    [
        ("en", "de", "The nutcracker", "Nussknacker"),
        ("en", "de", "two nutcrackers", "Nussknacker"),
        ("en", "fr", "a sausage", "saucisse"),
        ("en", "es", "Rhubarb jam", "ruibarbo"),
        ("de", "en", "Der Nussknacker", "nutcracker"),
        ("fr", "de", "l'éraflure", "Kratzer"),
        ("es", "fr", "Las salchichas", "saucisse"),
        ("fr", "en", "Vers de terre", "earthworm"),
    ],
)
def test_a_word_becomes_what_the_dictionary_says(source, target, text, form):
    assert form in {one for forms in translations(text, source, target) for one in forms}


def test_german_adjectives_have_the_endings_that_texts_have():
    (forms,) = translations("soluble", "en", "de")
    assert {"löslich", "lösliche", "löslichen"} <= {*forms}
    assert len(forms) <= MOST_FORMS


def test_words_that_are_not_known_have_nothing():
    assert translations("zzqx of Qwrtz 48213", "en", "de") == []
    assert translations("", "en", "de") == []


def test_the_words_come_in_the_order_of_the_text():
    first, second = translations("Rhubarb, a nutcracker", "en", "fr")
    assert "rhubarbe" in first
    assert "casse-noix" in second


@pytest.mark.parametrize(
    ("source", "target", "known"),
    [("en", "de", True), ("fr", "es", True), ("en", "en", False), ("en", "pt", False)],
)
def test_the_languages_of_the_dictionary(source, target, known):
    assert has(source, target) is known


@pytest.mark.parametrize(
    ("compound", "forms"),
    [
        ("Nussknackerhalterung", {"nutcracker", "bracket"}),
        ("Rhabarberspachtel", {"rhubarb", "scraper"}),
        ("Qwrtzspachtel", {"scraper"}),
    ],
)
def test_a_german_compound_that_is_not_known_becomes_what_its_parts_do(compound, forms):
    found = {one for some in translations(compound, "de", "en") for one in some}
    assert forms <= found


def test_a_common_german_word_is_no_compound():
    assert all("shoe" not in forms for forms in translations("Handschuhe", "de", "en"))
