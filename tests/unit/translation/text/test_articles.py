import pytest

from functions.translation.text.articles import agreeing, gender
from functions.translation.text.spans import Marked


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("Tasche", "f"),
        ("Wolkentasche", "f"),
        ("Super Hemd", "n"),
        ("Wolkenläufer", "m"),
        ("Teppichmesser", "n"),
        ("Xyzq", None),
        ("", None),
    ],
)
def test_the_gender_is_that_of_the_noun_that_it_ends_in_or_of_all_with_its_ending(term, found):
    assert gender(term) == found


@pytest.mark.parametrize(
    ("text", "term", "written"),
    [
        ("Die {} ist wieder auf Lager.", "Wolkenläufer", "Der"),
        ("Der {} kostet 5 Euro.", "Wolkentasche", "Die"),
        ("Das {} war nass.", "Teppichmesser", "Das"),
        ("Die {} sind da.", "Wolkenläufer", "Die"),  # several of them
        ("Der {} ist da.", "Xyzq", "Der"),
    ],
)
def test_the_article_of_a_sentences_subject_agrees_with_it(text, term, written):
    marked = Marked()
    sentence = text.format(marked.mark_term(term, 0, "x"))
    assert agreeing(sentence, marked).split()[0] == written
    assert agreeing(sentence, marked).split(" ", 1)[1] == sentence.split(" ", 1)[1]


def test_a_name_that_stays_keeps_the_article_that_the_model_chose():
    marked = Marked()
    sentence = f"Die {marked.mark_text('Hemd')} ist da."
    assert agreeing(sentence, marked) == sentence
