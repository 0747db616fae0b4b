import pytest

from functions.translation.text import genders as table
from functions.translation.text.genders import (
    DP,
    FP,
    GENDERS,
    F,
    M,
    N,
    P,
    determiners,
    disagreements,
    gender,
)


@pytest.mark.parametrize(
    ("noun", "language", "genders"),
    [
        ("Reißverschluss", "de", M),
        ("Reißverschlüsse", "de", P),
        ("Reißverschlüssen", "de", DP),
        ("Reißverschlusses", "de", M),
        ("Lampe", "de", F),
        ("Leselampe", "de", F),  # of its last part
        ("Lampen", "de", P | DP),
        ("Freundschaft", "de", F),  # no "Schaft"
        ("Novakaraffe", "de", F),  # no "Affe"
        ("Zzqxung", "de", F),
        ("Kissen", "de", N | P | DP),
        ("lampe", "de", 0),
        ("tapis", "fr", M | P),
        ("journaliste", "fr", M | F),
        ("rideau", "fr", M),
        ("rideaux", "fr", P),
        ("manta", "es", F),
        ("mantas", "es", FP),
        ("hacha", "es", M | F),  # "el hacha", "esta hacha"
        ("zzqx", "de", 0),
        ("Zzqx", "fr", 0),
        ("lamp", "en", 0),
    ],
)
def test_gender_of_a_noun(noun, language, genders):
    assert gender(noun, language) == genders


@pytest.mark.parametrize(
    ("language", "noun", "fitting", "others"),
    [
        ("de", "Reißverschluss", ("der", "den", "einen", "meinem", "dieser"),
         ("die", "eine", "das")),
        ("de", "Lampen", ("die", "den", "Ihre", "diesen"), ("das", "einem", "eine")),
        ("de", "Reißverschlüsse", ("die", "der", "meine"), ("den", "diesen", "das")),
        ("fr", "rideau", ("le", "un", "du", "cet", "votre"), ("la", "une", "les")),
        ("es", "mantas", ("las", "unas", "mis"), ("la", "los", "un")),
    ],
)  # fmt: skip
def test_determiners_that_go_with_a_noun(language, noun, fitting, others):
    known = determiners(language)
    assert all(known[word] & gender(noun, language) for word in fitting)
    assert not any(known[word] & gender(noun, language) for word in others)


def test_each_determiner_goes_with_some_gender():
    for language in ("de", "fr", "es"):
        assert all(0 < genders <= sum(GENDERS) + DP for genders in determiners(language).values())
    assert determiners("en") == {}


@pytest.mark.parametrize("word", ["Donau" * 12, "Qx" * 5_000, "S" * 50_000])
def test_a_word_of_any_length_is_looked_up_in_no_time(word):
    """Lookups grow with the longest last part, not with the word, nor with its parts' parts."""
    lookups = 0

    class Counted(dict):
        def get(self, *key):
            nonlocal lookups
            lookups += 1
            return super().get(*key)

    assert table._german(word, Counted()) == 0
    assert lookups < 5 * table.LONGEST_LAST


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Die Reißverschluss ist kaputt.", "de", 1),
        ("Der Reißverschluss ist kaputt.", "de", 0),
        ("Mit den Reißverschlüssen und dem Lampe", "de", 1),
        ("La rideau est trop courte.", "fr", 1),
        ("Le rideau est trop court.", "fr", 0),
        ("El manta y los mantas", "es", 2),
        ("La manta y las mantas", "es", 0),
        ("The zip is broken.", "en", 0),
        ("", "de", 0),
    ],
)
def test_articles_that_disagree_are_counted(text, language, expected):
    assert disagreements(text, language) == expected
