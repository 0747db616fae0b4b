"""What a text is cut into: clauses, messages, comments, terms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.translation.text.cells import cells
from functions.translation.text.clauses import PIECE_WORDS, clauses
from functions.translation.text.floats import lift
from functions.translation.text.languages import UNKNOWN
from functions.translation.text.messages import messages
from functions.translation.text.normal import readable
from functions.translation.text.recognition import recognise_all
from functions.translation.text.spans import Marked, Span
from functions.translation.text.terms import term


@given(st.lists(st.sampled_from(["a ", "and ", "b, ", "c; ", "word "]), max_size=150))
def test_clauses_are_the_sentence_and_none_is_long(words):
    text = "".join(words)
    found = clauses(text, "en")
    assert "".join(found) == text
    assert all(len(piece.split()) <= PIECE_WORDS for piece in found)


def test_a_sentence_is_cut_where_a_clause_ends():
    text = "one two three four five six seven eight nine ten, " * 2 + "but " + "x " * 9
    assert [piece.rstrip()[-1] for piece in clauses(text, "en")[:-1]] == [","]


@given(st.text("ab|\t>\u2013 ·/.", max_size=60))
def test_cells_are_the_line(line):
    assert "".join(cells(line)) == line


def test_a_path_and_a_table_row_are_cells_but_a_sentence_is_not():
    assert list(cells("Home > Sofas > Red")) == ["Home", " > ", "Sofas", " > ", "Red"]
    assert list(cells("| a | b |"))[1::2] == ["| ", " | ", " |"]
    assert list(cells("The shoes - which I like - are red.")) == [
        "The shoes - which I like - are red."
    ]


def test_only_the_texts_of_a_message_are_no_syntax():
    text = "x {n, plural, one {# item} other {# {what} items}} y"
    (found,) = messages(text)
    assert text[found.start : found.end] == "".join(run.text for run in found.runs)
    assert [run.text for run in found.runs if not run.is_syntax] == ["# item", "# {what} items"]


@pytest.mark.parametrize(
    "text", ["{n, plural, one {a}", "{n, plural}", "{name}", "{n, plural, one"]
)
def test_a_message_that_does_not_end_is_none(text):
    assert list(messages(text)) == []


def test_a_comment_stands_after_as_many_words_of_the_translation():
    marked = Marked()
    mark = marked.mark(Span("<!-- x -->", "float"))
    bare, lifted = lift(f"The lamp{mark} is broken.", marked)
    assert bare == "The lamp is broken."
    assert marked.restore(lifted.put_back("Die Lampe ist kaputt.")) == (
        "Die Lampe<!-- x --> ist kaputt."
    )


def test_invisible_characters_are_not_for_the_model():
    assert readable("Kaffee\u00admaschine\u200e \ufeffist\u00a0da") == "Kaffeemaschine ist da"
    assert readable("camisa\u200bazul") == "camisa azul"


def test_terms_are_whole_texts_alone():
    assert term("Blue", "en", "fr") == "bleu"
    assert term("blue moon", "en", "fr") is None
    assert term("blue", "en", "pt") is None


SERVED = ["de", "en", "es", "fr"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Chemise blanche", "fr"),
        ("Grünes Hemd", "de"),
        ("Envío gratuito", "es"),
        ("Sold out", "en"),
    ],
)
def test_the_language_of_a_short_text_is_that_of_its_words(text, language):
    assert recognise_all([text], SERVED, "en")[0].language == language


def test_a_text_of_unknown_words_is_in_the_language_of_its_neighbours():
    texts = ["Qzrw", "Das grüne Hemd ist leider ausverkauft, wir bedauern das sehr."]
    assert [found.language for found in recognise_all(texts, SERVED, "en")] == ["de", "de"]


@pytest.mark.parametrize("text", ["Rot", "Gift", "Hotel"])
def test_a_word_of_several_languages_is_not_taken_to_be_in_the_target_already(text):
    assert recognise_all([text], SERVED, "en")[0].language == UNKNOWN
    assert recognise_all(["Warenkorb", text], SERVED, "en")[1].language == "de"
