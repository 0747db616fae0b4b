import pytest

from functions.translation.text import rarities
from functions.translation.text.names import mark_numbered
from functions.translation.text.spans import Marked


def kept(text, language="en"):
    marked = Marked()
    rarities.mark_brands(text, language, marked)
    return [span.text for span in marked.spans]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Fits the Apple Watch and more", ["Apple Watch"]),
        ("Vans trainers in white", ["Vans"]),
        ("Vans deliver on Monday", []),
        ("An apple and a mango", []),
        ("Mango juice", []),
        ("Levi\u2019s jeans", ["Levi\u2019s"]),
        ("FREE APPLE WATCH", []),
    ],
)
def test_a_brand_that_is_a_word_too_is_one_beside_a_thing(text, names):
    assert kept(text) == names


@pytest.mark.parametrize(
    ("text", "language", "names"),
    [
        ("O Nova 12 custa caro", "pt", ["Nova 12"]),
        ("Serve no Nova 12 Pro", "pt", ["Nova 12 Pro"]),
        ("O tamanho 42 acabou", "pt", []),
        ("Entrega em 3 dias", "pt", []),
        ("Ich trage Größe 42", "de", []),
    ],
)
def test_a_name_with_a_number_stays_where_no_words_are_known(text, language, names):
    marked = Marked()
    mark_numbered(text, language, marked)
    assert [span.text for span in marked.spans] == names
