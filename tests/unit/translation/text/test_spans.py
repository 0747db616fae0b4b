import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.translation.contract import PLACEHOLDERS
from functions.translation.text.spans import (
    MARK,
    MOST_MARKS,
    Marked,
    ModelInput,
    Span,
    keeps_numbers,
    protect_numbers,
    to_model_input,
)
from shared.errors import LimitExceeded

TOKENS = [
    *("{name}", "{0}", "${count}", "{{x}}", "{{ user.first_name }}", "[[name]]"),
    *("%s", "%d", "%(name)s", "%1$s"),
    *("https://example.com/a?b=1&c=%20", "http://x.org", "www.example.de/shop"),
    *("anna.b@example.co.uk", "x+y@a-b.com"),
    *("$12.50", "€ 5", "1.234,56 €", "EUR 20", "50 USD", "12,50\u00a0€"),
    *("99p", "50¢", "£1.5k", "$2.3M", "€ 5,-", "12,- €"),
    *("#12345", "#A-1", "A-4711", "SKU99", "100234-2"),
    *("2024-05-01", "1.5.2024", "12/31/24"),
    *("🎉", "❤️", "👍🏽", "👩‍💻", "🇩🇪"),
    *("⟦0⟧", "⟦7⟧", "\U000f0000", "\U000ffffd"),
]
pieces = st.lists(st.sampled_from([*TOKENS, *"aB1 .,!?-*\n\r{}[]%$€@#<>&", "Dr.", "⟦8⟧"]))
texts = st.text() | pieces.map("".join)


def protected(text: str) -> tuple[str, Marked]:
    marked = Marked()
    return marked.protect(marked.escape(text)), marked


@given(texts)
@example("⟦0⟧ {name} \U000f0001\U000f0000⟦0⟧")
def test_what_is_put_aside_comes_back(text):
    found, marked = protected(text)
    assert marked.restore(found) == text


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_one_span_and_no_more_than_it(token):
    found, marked = protected(f"see {token} now")
    assert [span.text for span in marked.spans] == [token]
    assert Marked.without(found) == "see   now"
    assert marked.restore(found) == f"see {token} now"


@pytest.mark.parametrize(
    "text", ["Save 100% today", "a { b", "Size 42 or 43", "3 of 10", "AND THEN", "⟦8⟧", "a.b"]
)
def test_ordinary_words_and_numbers_are_for_the_model(text):
    found, marked = protected(text)
    assert (found, marked.spans) == (text, [])


def test_punctuation_after_a_link_is_not_of_it():
    _, marked = protected("See https://example.com/a, or (www.example.com).")
    assert [span.text for span in marked.spans] == ["https://example.com/a", "www.example.com"]


def test_only_emoji_are_of_that_kind():
    _, marked = protected("🎉 {name}")
    assert [span.kind for span in marked.spans] == ["emoji", "verbatim"]


# A text of this length must not take a share of the request's time that one can notice.
@pytest.mark.parametrize("text", ["{{" + " " * 2_000, "1 " * 5_000, "a-" * 5_000, "[[" * 5_000])
def test_hostile_text_takes_no_time(text):
    start = time.process_time()
    protected(text)
    assert time.process_time() - start < 1


def element() -> tuple[Marked, str, str]:
    marked = Marked()
    return marked, marked.mark(Span("<b>", "open")), marked.mark(Span("</b>", "close"))


def test_the_model_reads_placeholders_for_marks():
    found, marked = protected("Hello {name}, 🎉 {x}!")
    model_input = to_model_input(found, marked)
    assert model_input is not None
    assert model_input.text == "Hello ⟦0⟧, ⟦1⟧ ⟦2⟧!"
    restored = model_input.restore("⟦2⟧ und ⟦0⟧ ⟦1⟧", marked)
    assert restored is not None
    assert marked.restore(restored) == "{x} und {name} 🎉"


def test_tags_are_set_apart_for_the_model_and_closed_up_again():
    marked, opening, closing = element()
    model_input = to_model_input(f"a {opening}big{closing} dog.", marked)
    assert model_input == ModelInput("a ⟦0⟧ big ⟦1⟧ dog.", opening + closing)
    restored = model_input.restore("ein ⟦0⟧ großer ⟦1⟧ Hund.", marked)
    assert restored is not None
    assert marked.restore(restored) == "ein <b>großer</b> Hund."


@pytest.mark.parametrize(
    "output", ["ein ⟦0⟧ Hund", "ein Hund", "⟦0⟧ a ⟦1⟧ ⟦0⟧", "⟦0⟧ a ⟦1⟧ b ⟦2⟧", "⟦0⟧ a ⟦2⟧"]
)
def test_lost_doubled_and_foreign_placeholders_are_refused(output):
    found, marked = protected("{a} {b}")
    model_input = to_model_input(found, marked)
    assert model_input is not None
    assert model_input.restore(output, marked) is None
    assert model_input.restore("⟦1⟧⟦0⟧", marked) is not None


def test_a_tag_that_closes_before_it_opens_is_refused():
    marked, opening, closing = element()
    model_input = ModelInput("⟦0⟧ a ⟦1⟧", opening + closing)
    assert model_input.restore("⟦1⟧ a ⟦0⟧", marked) is None
    assert model_input.restore("a ⟦0⟧⟦1⟧", marked) is not None


def test_crossed_elements_are_refused():
    marked, bold, bold_end = element()
    link, link_end = marked.mark(Span("<a>", "open")), marked.mark(Span("</a>", "close"))
    model_input = to_model_input(f"{bold}x{bold_end} y {link}z{link_end}", marked)
    assert model_input is not None
    assert model_input.restore("⟦0⟧ x ⟦2⟧ y ⟦1⟧ z ⟦3⟧", marked) is None
    assert model_input.restore("⟦2⟧ z ⟦0⟧ x ⟦1⟧ ⟦3⟧", marked) is not None


def test_tags_without_a_partner_keep_their_order():
    marked, opening, closing = element()
    model_input = to_model_input(f"a{closing} b {opening}c", marked)
    assert model_input is not None
    assert model_input.restore("a ⟦0⟧ b ⟦1⟧ c", marked) is not None
    assert model_input.restore("a ⟦1⟧ b ⟦0⟧ c", marked) is None


def test_more_marks_than_placeholders_are_not_for_the_model():
    most = len(PLACEHOLDERS)
    found, marked = protected("{x} " * most)
    assert to_model_input(found, marked) is not None
    found, marked = protected("{x} " * (most + 1))
    assert to_model_input(found, marked) is None


@pytest.mark.parametrize(
    ("source", "output", "kept"),
    [
        ("no number", "keine 3 Zahlen", True),
        ("2 of 10", "2 von 10", True),
        ("2 of 10", "von 10 sind 2", True),
        ("2 of 10", "2 von 11", False),
        ("2 of 10", "2", False),
        ("2 and 2", "2", False),
        ("1,234.5 kg", "1.234,5 kg", True),
        ("at 3 p.m.", "um 15 Uhr", True),
        ("at 3pm", "um 15 Uhr", True),
        ("3 pumps", "15 Pumpen", False),
    ],
)
def test_numbers_are_compared(source, output, kept):
    assert keeps_numbers(source, output) is kept


def test_numbers_can_be_put_aside_too():
    marked = Marked()
    found = protect_numbers("2 of 1,234.5 kg", marked)
    assert [span.text for span in marked.spans] == ["2", "1,234.5"]
    assert len(MARK.findall(found)) == 2
    assert marked.restore(found) == "2 of 1,234.5 kg"


def test_a_text_put_back_many_times_needs_no_more_marks():
    marked = Marked()
    text = "".join(marked.mark_term("+", 0, "*") for _ in range(9_000))
    for _ in range(8):
        assert marked.restore(marked.untranslated(text)) == "*" * 9_000
    assert len(marked.spans) == 9_001


def test_more_marks_than_there_are_characters_for_are_refused():
    marked = Marked()
    last = [marked.mark(Span("x")) for _ in range(MOST_MARKS)][-1]
    assert (MOST_MARKS, last) == (65_534, "\U000ffffd")
    with pytest.raises(LimitExceeded, match="at most 65,534 are allowed"):
        marked.mark(Span("x"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Only 9 ${price} left", ["${price}"]),
        ("Only 9 $ left", ["9 $"]),
        ("at most ≤ 5 %{name}", ["≤ 5", "%{name}"]),
        ("Step 1 → press", []),
    ],
)
def test_a_figure_ends_before_a_variable(text, kept):
    marked = Marked()
    marked.protect(text)
    assert [span.text for span in marked.spans] == kept
