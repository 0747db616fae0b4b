import pytest

from functions.translation.schemas import GlossaryTerm
from functions.translation.text.glossary import adapt_case, applied, mark_terms
from functions.translation.text.spans import MARK, Marked


def term(source: str, target: str = "X", *, case_sensitive: bool = False) -> GlossaryTerm:
    return GlossaryTerm(source=source, target=target, case_sensitive=case_sensitive)


def replaced(text: str, *glossary: GlossaryTerm) -> str:
    marked = Marked()
    return marked.restore(mark_terms(text, glossary, marked))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a gift card", "a Gutschein"),
        ("GIFT CARD", "GUTSCHEIN"),
        ("Gift card", "Gutschein"),
        ("gift  \n card!", "Gutschein!"),
        ("(gift card)", "(Gutschein)"),
        ("gift cards", "gift cards"),
        ("regift card", "regift card"),
        ("gift_card", "gift_card"),
        ("éGift card", "éGift card"),
    ],
)
def test_a_term_is_found_as_whole_words_in_any_case(text, expected):
    assert replaced(text, term("gift card", "Gutschein")) == expected


@pytest.mark.parametrize(
    ("target", "source", "found", "expected"),
    [
        ("sac", "bag", "bag", "sac"),
        ("sac", "bag", "Bag", "Sac"),
        ("sac", "bag", "BAG", "SAC"),
        ("sac", "BAG", "BAG", "sac"),
        ("sac", "Bag", "bag", "sac"),
        ("sac", "x", "X", "Sac"),
        ("iPhone", "iphone", "iPHONE", "iPhone"),
    ],
)
def test_the_target_follows_the_case_of_what_is_found(target, source, found, expected):
    assert adapt_case(target, source, found) == expected


def test_a_case_sensitive_term_is_found_and_written_only_as_it_is():
    exact = term("US", "USA", case_sensitive=True)
    assert replaced("tell us: US or Us", exact) == "tell us: USA or Us"


def test_the_longest_term_wins_wherever_it_is_in_the_glossary():
    terms = [term("gift", "Geschenk"), term("gift card", "Gutschein"), term("card", "Karte")]
    for glossary in (terms, terms[::-1]):
        assert replaced("a gift card, a card, a gift", *glossary) == (
            "a Gutschein, a Karte, a Geschenk"
        )


@pytest.mark.parametrize("source", ["C++", "R&D", ".NET", "a.b", "(x)", "50%", "[a-z]+"])
def test_terms_are_no_patterns(source):
    assert replaced(f"we use {source} here, axb", term(source, "OK")) == "we use OK here, axb"


def test_a_term_that_ends_in_a_sign_may_stand_before_a_letter():
    assert replaced("C++x", term("C++", "OK")) == "OKx"


@pytest.mark.parametrize("target", ["⟦0⟧", "\U000f0000", "{name}", r"\1 \g<t0>", "gift card"])
def test_a_target_is_written_as_it_is_given(target):
    assert replaced("a gift card, a gift card", term("gift card", target)) == (
        f"a {target}, a {target}"
    )


def test_without_a_glossary_nothing_is_marked():
    marked = Marked()
    assert mark_terms("a gift card", [], marked) == "a gift card"
    assert marked.spans == []


def test_applied_counts_the_marks_of_the_result_and_not_of_the_text():
    glossary = [term("card", "Karte"), term("gift card", "Gutschein"), term("bag", "Tasche")]
    marked = Marked()
    text = mark_terms("A GIFT CARD, a gift card and a card, 🎉", glossary, marked)
    text = marked.protect(text)
    counts = [
        (found.source, found.target, found.count) for found in applied(text, glossary, marked)
    ]
    assert counts == [("card", "Karte", 1), ("gift card", "Gutschein", 2)]
    first = MARK.findall(text)[0]
    (only,) = applied(f"nur {first}", glossary, marked)
    assert (only.source, only.count) == ("gift card", 1)
    assert applied("Gutschein, Karte", glossary, marked) == []


def test_a_blank_term_is_refused():
    with pytest.raises(ValueError, match="more than spaces"):
        term("  ")
