import pytest

from functions.translation.text.names import names


def found(text, language="de"):
    return [text[start:end] for start, end in names(text, language)]


@pytest.mark.parametrize(
    "text",
    [
        "Ich bin Reiseführer in Tokio.",
        "Ich bin gerade auf Jobsuche.",
        "Du wirst rot wie ein Schulmädchen.",
        "Das Springseil hat Kugellager.",
    ],
)
def test_a_german_noun_that_ends_in_a_common_word_is_no_name(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Frau Schönberger kauft bei Weidenhof.", ["Schönberger", "Weidenhof"]),
        ("Gestern hat Quentin die Lampe zurückgegeben.", ["Quentin"]),
    ],
)
def test_a_word_that_no_list_has_may_be_one(text, wanted):
    assert found(text) == wanted
