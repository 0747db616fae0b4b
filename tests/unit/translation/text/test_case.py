import pytest

from functions.translation.text.case import case_of, recased, sentence_case, typed_words


@pytest.mark.parametrize(
    ("core", "source", "expected"),
    [
        ("FREE SHIPPING", "en", "upper"),
        ("HERRENSCHUHE", "de", "upper"),
        ("USB", "en", "sentence"),
        ("Dark Green", "en", "title"),
        ("Track Your Order", "en", "title"),
        ("Blue", "en", "title"),
        ("Rote Schuhe Für Damen", "de", "title"),
        ("Rote Schuhe", "de", "sentence"),
        ("We ship today.", "en", "sentence"),
    ],
)
def test_the_case_of_a_text(core, source, expected):
    assert case_of(core, source) == expected


def test_capitals_are_taken_away_but_for_what_has_them_anyway():
    assert sentence_case("NUR SOLANGE DER VORRAT REICHT", "upper", "de") == (
        "Nur solange der Vorrat reicht"
    )
    assert sentence_case("USB Cable", "title", "en") == "USB cable"
    assert sentence_case("This is NOT a toy.", "sentence", "en") == "This is not a toy."
    assert sentence_case("A LED lamp", "sentence", "en") == "A LED lamp"


def test_words_that_are_to_be_typed_stay():
    assert typed_words("Text STOP to 12345") == ["STOP"]
    assert sentence_case("Text STOP to us", "sentence", "en") == "Text STOP to us"


@pytest.mark.parametrize(
    ("case", "source", "target", "text", "expected"),
    [
        ("upper", "BIG", "de", "große Auswahl", "GROSSE AUSWAHL"),
        ("upper", "SUMMER", "fr", "été", "ÉTÉ"),
        ("title", "Dark Green", "fr", "vert foncé", "Vert foncé"),
        ("title", "Meilleures Ventes", "en", "best of the sellers", "Best of the Sellers"),
        ("sentence", "We ship.", "de", "wir liefern.", "Wir liefern."),
        ("sentence", "we ship", "de", "wir liefern", "wir liefern"),
    ],
)
def test_capitals_come_back(case, source, target, text, expected):
    assert recased(case, source, target)(text) == expected
