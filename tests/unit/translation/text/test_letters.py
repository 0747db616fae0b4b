import pytest

from functions.translation.text.letters import letter


@pytest.mark.parametrize(
    ("core", "source", "target", "expected"),
    [
        ("Dear Ms Thornbury,", "en", "de", ("Sehr geehrte Frau Thornbury,", "")),
        ("Dear Harriet,", "en", "es", ("Hola, Harriet:", "")),
        ("Hi Tamsin, thanks.", "en", "fr", ("Bonjour Tamsin, ", "thanks.")),
        ("Hola, Inés, tu pedido", "es", "en", ("Hello Inés, ", "tu pedido")),
        ("Liebe Anna,", "de", "fr", ("Chère Anna,", "")),
        ("Yours faithfully,", "en", "de", ("Hochachtungsvoll,", "")),
        ("Hello!", "en", "fr", ("Bonjour !", "")),
        ("Buenas tardes:", "es", "en", ("Good afternoon,", "")),
    ],
)
def test_openings_and_closings_are_conventions(core, source, target, expected):
    assert tuple(letter(core, source, target)) == expected


@pytest.mark.parametrize(
    "core", ["Best price in town", "Dear Santa Claus came", "Hello world", "Good morning sunshine"]
)
def test_what_only_begins_like_a_letter_is_none(core):
    assert letter(core, "en", "de") is None
