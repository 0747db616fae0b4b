import pytest

from functions.intent.languages import hear
from functions.intent.mail import MOST_PARTS, own_words, parts

LANGUAGES = ("en", "de", "fr", "es")


@pytest.mark.parametrize(
    "below",
    [
        "> we have received your order",
        "-----Original Message-----\nFrom: shop@example.com",
        "On Mon, 3 May 2026 at 10:12, Shop <shop@example.com> wrote:\n> hello",
        "Am 3. Mai 2026 um 10:12 schrieb Shop <shop@example.com>:",
        "Le 3 mai 2026 à 10:12, Boutique a écrit :",
        "-- \nMaren Example\nExample Ltd",
    ],
)
def test_what_a_mail_quotes_is_not_its_own(below):
    own = "Hello, please cancel my order.\n\n"
    start, end = own_words(own + below)
    assert (start, end) == (0, len(own))


def test_a_mail_of_nothing_but_a_quotation_is_read_whole():
    text = "> where is my order?"
    assert own_words(text) == (0, len(text))


def test_parts_are_whole_sentences_that_fit():
    text = "First sentence. Second one! Third?\nA line\n" + "x" * 50
    found = parts(text, 0, len(text), 30)
    assert all(end - start <= 30 for start, end in found)
    assert "".join(text[start:end] for start, end in found) == text
    assert text[slice(*found[0])] == "First sentence. Second one! "
    assert text[slice(*found[1])] == "Third?\nA line\n"  # short lines are read together


def test_a_greeting_is_read_with_what_follows_and_a_whole_line_alone():
    line = "the parcel that you sent on Monday has not come."
    text = f"Hello,\n\n{line}\nThank you for looking into it, dear all of you.\nAnn\n"
    found = [text[a:b] for a, b in parts(text, 0, len(text), 240)]
    assert found[0] == f"Hello,\n\n{line}\n"
    assert len(found) == 3


def test_of_a_very_long_text_the_first_parts_are_read():
    text = "word " * 2_000
    assert len(parts(text, 0, len(text), 50)) == MOST_PARTS


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("gdzie jest moja paczka", "pl"),
        ("私の注文はどこですか", "ja"),
        ("где мой заказ", "ru"),
        ("voglio annullare il mio ordine per favore", "it"),
        ("non merci", None),  # French, and Italian to a detector
        ("bof non 🙅", None),
        ("ja freili", None),
        ("me prestas dinero?", None),
        ("g'day", None),
        ("das stimmt so nich", None),
    ],
)
def test_only_clear_texts_of_other_languages_are_foreign(text, other):
    found = hear(text, LANGUAGES).other
    assert (found.language if found else None) == other


def test_the_language_is_one_of_the_model_s():
    assert hear("wo bleibt mein paket", LANGUAGES).language == "de"
    assert hear("123", LANGUAGES).language == "en"
