import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.translation.schemas import GlossaryTerm
from functions.translation.text.glossary import Glossary, adapt_case, applied
from functions.translation.text.phrases import Phrase, Phrases
from functions.translation.text.spans import MARK, Marked


def term(source: str, target: str = "X", *, case_sensitive: bool = False) -> GlossaryTerm:
    return GlossaryTerm(source=source, target=target, case_sensitive=case_sensitive)


def replaced(text: str, *glossary: GlossaryTerm) -> str:
    marked = Marked()
    return marked.restore(Glossary(glossary).mark(text, marked))


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
    assert Glossary([]).mark("a gift card", marked) == "a gift card"
    assert marked.spans == []


def test_applied_counts_the_marks_of_the_result_and_not_of_the_text():
    glossary = [term("card", "Karte"), term("gift card", "Gutschein"), term("bag", "Tasche")]
    marked = Marked()
    text = Glossary(glossary).mark("A GIFT CARD, a gift card and a card, 🎉", marked)
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


words = st.sampled_from(["gift", "Gift", "card", "C++", "a_b", "_", "50%", "é", "É", ".", "x"])
spaced = st.lists(st.tuples(words, st.sampled_from(["", " ", "\n "])), min_size=1, max_size=12)
short = st.lists(st.tuples(words, st.sampled_from(["", " "])), min_size=1, max_size=3)


def by_pattern(text: str, terms) -> str:
    """What a regular expression with a branch for each term finds."""

    def branch(number: int) -> str:
        source = terms[number].source
        inner = r"\s+".join(map(re.escape, source.split()))
        start = r"(?<!\w)" if source.strip()[0].isalnum() else ""
        end = r"(?!\w)" if source.strip()[-1].isalnum() else ""
        flag = "" if terms[number].case_sensitive else "i"
        return f"(?P<t{number}>{start}(?{flag}:{inner}){end})"

    order = sorted(range(len(terms)), key=lambda number: -len(terms[number].source))
    return re.sub("|".join(map(branch, order)), lambda match: f"<{match.lastgroup[1:]}>", text)


@given(spaced, st.lists(st.tuples(short, st.booleans()), min_size=1, max_size=4))
def test_phrases_are_found_where_a_pattern_finds_them(text, phrases):
    text = "".join(map("".join, text))
    terms = [term("".join(map("".join, parts)), case_sensitive=exact) for parts, exact in phrases]
    found = Phrases([Phrase(one.source, one.case_sensitive) for one in terms])
    assert found.replace(text, lambda number, _: f"<{number}>") == by_pattern(text, terms)
