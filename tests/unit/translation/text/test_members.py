import pytest

from functions.translation.text.members import are_said, member


@pytest.mark.parametrize(
    ("text", "source", "target", "written"),
    [
        ("the kitchen", "en", "fr", "la cuisine"),
        ("the attic", "en", "es", "el desván"),
        ("the axe", "en", "es", "el hacha"),
        ("l'oignon", "fr", "en", "the onion"),
        ("des pommes", "fr", "de", "Äpfel"),
        ("a ladle", "en", "de", "Schöpfkelle"),
        ("la cave", "fr", "de", "Keller"),
        ("Birnen", "de", "es", "peras"),
        ("une pince", "fr", "es", None),
        ("the idea", "en", "fr", None),
        ("the kitchen", "en", "pt", None),
    ],
)
def test_a_member_has_the_article_that_its_list_has(text, source, target, written):
    assert member(text, source, target) == written


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("With apples, pears and cinnamon", True),
        ("With apples, birds and cinnamon", False),
        ("With apples, Birne and cinnamon", False),
    ],
)
def test_each_known_member_must_be_said(output, said):
    assert are_said(["Apfel", "Birne", "Zimt"], output, "de", "en") is said


def test_what_no_table_has_may_be_said_in_any_way():
    assert are_said(["Weltfrieden", "Muße"], "peace and leisure", "de", "en")


def test_a_member_is_its_thing_however_many_there_are():
    members = ["dos tazas", "cuatro cucharas"]
    assert are_said(members, "Two cups and four spoons.", "es", "en")
    assert not are_said(members, "Two cups and four bowls.", "es", "en")
