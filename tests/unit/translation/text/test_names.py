import pytest

from functions.translation.text.names import in_target, lost, names


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


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("Toms Bruder Tilo ist da.", "de", ["Toms", "Tilo"]),
        ("Ich bin in Tōkyō Reiseführer.", "de", ["Tōkyō"]),
        ("Consommes-tu du sucre ?", "fr", []),
        ("Prix TTC", "fr", []),
    ],
)
def test_what_stands_beside_a_name_is_none_of_it(text, language, wanted):
    assert found(text, language)[-1:] == wanted[-1:]


def test_a_place_is_called_as_the_target_calls_it():
    assert in_target("Tokio", "es", "en") == "Tokyo"
    assert in_target("Quentin", "es", "en") == "Quentin"
    assert lost("Vivo en Tokio.", "I live in Tokyo.", "es", "en") == []
    assert lost("Vivo en Tokio.", "I live in town.", "es", "en") != []
