"""Composed sentences: articles, adjectives and participles agree in all four languages."""

import json
import re
from itertools import islice
from pathlib import Path

import pytest

from training.translation import agreement, golden
from training.translation.agreement import Noun, adjectives, compose, nouns
from training.translation.shop_words import LANGUAGES

ROOT = Path(__file__).parents[3]
ZIP = Noun(
    ("zip", "Reißverschluss", "fermeture éclair", "cremallera"), ("",) * 4, "mff", "p", False
)
LAMP = Noun(("lamp", "Lampe", "lampe", "lámpara"), ("lamps", "Lampen", "lampes", "lámparas"),
            "fff", "a", False)  # fmt: skip
TREE = Noun(("tree", "Baum", "arbre", "árbol"), ("trees", "Bäume", "arbres", "árboles"),
            "mmm", "a", False)  # fmt: skip
JEANS = Noun(("jeans", "Jeans", "jean", "vaqueros"), ("",) * 4, "fmM", "a", True)
AXE = Noun(("axe", "Axt", "hache", "hacha"), ("axes", "Äxte", "haches", "hachas"),
           "ffe", "a", False)  # fmt: skip
SPAGHETTI = Noun(("spaghetti", "Spaghetti", "spaghettis", "espaguetis"), ("",) * 4, "PMM", "f",
                 False)  # fmt: skip
AT = ("at {1 the}", "bei {1 the dat}", "à {1 the}", "a {1 the}")
COLLEAGUE = Noun(("colleague", "Kollege", "collègue", "colega"),
                 ("colleagues", "Kollegen", "collègues", "colegas"), "mmm", "n", False)  # fmt: skip
SIR = Noun(("gentleman", "Herr", "monsieur", "señor"),
           ("gentlemen", "Herren", "messieurs", "señores"), "mmm", "n", False)  # fmt: skip
STATE = Noun(("state", "Staat", "État", "estado"), ("states", "Staaten", "États", "estados"),
             "mmm", "n", False)  # fmt: skip
ADJECTIVES = {adjective.forms[0]: adjective for adjective in adjectives()}
HAS = ("{1 the} {1:has|have} {2 a adj}.", "{1 the} {1:hat|haben} {2 a acc adj}.",
       "{1 the} {1:a|ont} {2 a adj}.", "{1 the} {1:tiene|tienen} {2 a adj}.")  # fmt: skip
IS = ("{1 the} {1:is|are} {adj}.", "{1 the} {1:ist|sind} {adj}.", "{1 the} {1:est|sont} {adj}.",
      "{1 the} {1:es|son} {adj}.")  # fmt: skip
WITH = ("with {1 my adj}", "mit {1 my dat adj}", "avec {1 my adj}", "con {1 my adj}")
OF = ("the price of {1 the adj}", "der Preis {1 of the adj}", "le prix de {1 the adj}",
      "el precio de {1 the adj}")  # fmt: skip


def told(form, noun, adjective, other=None, plural=False):
    both = (ADJECTIVES[adjective], ADJECTIVES[adjective])
    return compose(form, noun, other, adjectives=both, plural=plural)


@pytest.mark.parametrize(
    ("form", "noun", "other", "adjective", "plural", "expected"),
    [
        (HAS, LAMP, ZIP, "new", False, (
            "The lamp has a new zip.", "Die Lampe hat einen neuen Reißverschluss.",
            "La lampe a une nouvelle fermeture éclair.", "La lámpara tiene una cremallera nueva.")),
        (HAS, JEANS, TREE, "beautiful", False, (
            "The jeans have a beautiful tree.", "Die Jeans hat einen schönen Baum.",
            "Le jean a un bel arbre.", "Los vaqueros tienen un árbol bonito.")),
        (IS, LAMP, None, "expensive", True, (
            "The lamps are expensive.", "Die Lampen sind teuer.", "Les lampes sont chères.",
            "Las lámparas son caras.")),
        (IS, AXE, None, "clean", False, (
            "The axe is clean.", "Die Axt ist sauber.", "La hache est propre.",
            "El hacha está limpia.")),
        (WITH, TREE, None, "expensive", True, (
            "with my expensive trees", "mit meinen teuren Bäumen", "avec mes arbres chers",
            "con mis árboles caros")),
        (WITH, LAMP, None, "expensive", False, (
            "with my expensive lamp", "mit meiner teuren Lampe", "avec ma lampe chère",
            "con mi lámpara cara")),
        (OF, TREE, None, "old", False, (
            "the price of the old tree", "der Preis des alten Baums", "le prix du vieil arbre",
            "el precio del árbol viejo")),
        (WITH, SPAGHETTI, None, "hot", False, (
            "with my hot spaghetti", "mit meinen heißen Spaghetti", "avec mes spaghettis chauds",
            "con mis espaguetis calientes")),
        (WITH, SIR, None, "old", False, (
            "with my old gentleman", "mit meinem alten Herrn", "avec mon vieux monsieur",
            "con mi señor viejo")),
        (WITH, STATE, None, "new", False, (
            "with my new state", "mit meinem neuen Staat", "avec mon nouvel État",
            "con mi estado nuevo")),
        (AT, AXE, None, "new", True, (
            "at the axes", "bei den Äxten", "aux haches", "a las hachas")),
        (AT, TREE, None, "new", False, (
            "at the tree", "bei dem Baum", "à l'arbre", "al árbol")),
        (OF, COLLEAGUE, None, "new", False, (
            "the price of the new colleague", "der Preis des neuen Kollegen",
            "le prix du nouveau collègue", "el precio del colega nuevo")),
    ],
)  # fmt: skip
def test_words_agree(form, noun, other, adjective, plural, expected):
    assert told(form, noun, adjective, other, plural) == expected


def test_every_noun_and_adjective_is_whole():
    assert len(nouns()) > 4_000
    for noun in nouns():
        german, french, spanish = noun.genders
        assert german in "mfnP"
        assert french in "mfMF"
        assert spanish in "mfeMF"
        assert noun.kind in "apfmno"
        assert all(noun.singular)
        assert all(noun.plural) or not any(noun.plural)
    names = [noun.singular[0] for noun in nouns()]
    assert len(names) == len(set(names))


def test_every_form_has_the_same_places_in_all_languages():
    rows = agreement.forms()
    assert len(rows) > 90
    for kinds, other, numbers, *texts in rows:
        assert set(kinds + other) <= set("apfmno")
        assert numbers.removesuffix("-") in ("s", "sp", "c")
        for text in texts:
            assert {"{1" in text, "{2" in text} == {True, bool(other)}
            assert text.count("{") == text.count("}")


@pytest.fixture(scope="module")
def rows():
    return list(agreement.sentences())


@pytest.mark.parametrize(
    ("language", "wrong"),
    [
        ("en", r"\ba [aio]|\ban [^aeiouh]|\bcosts have\b"),
        ("de", r"Dieser \w+ gibt es|Der Preis .* haben|\b(?:den|dem|des) \w+(?:itekt|kandidat)\b"),
        ("fr", r"\b[dDlL]e [aeiouéèê]|\b[lL]'(?:hache|hayon|heurtoir|hibou)\b|\b(?:de|à) les?\b"),
        ("es", r"\b(?:de|a) el\b|fáciles?está|\by i|\bo o"),
    ],
)
def test_no_sentence_has_a_form_that_the_language_has_not(rows, language, wrong):
    column = LANGUAGES.index(language)
    assert [row[column] for row in rows if re.search(wrong, row[column])] == []


def test_sentences_are_the_same_each_time_and_none_is_a_golden_one_or_read(rows):
    assert rows[:500] == list(islice(agreement.sentences(), 500))
    assert len(rows) > 30_000
    assert all("{" not in text and "  " not in text for row in rows for text in row)
    golden_lines = golden.DEFAULT.read_text(encoding="utf-8").splitlines()
    columns = [line.split("\t") for line in golden_lines]
    kept_out = {line[2] for line in columns}
    kept_out |= {accepted.strip() for line in columns for accepted in line[3].split("|")}
    with (ROOT / "benchmarks/translation_read.jsonl").open(encoding="utf-8") as lines:
        kept_out |= {json.loads(line)["text"] for line in lines}
    assert [row for row in rows if kept_out & set(row)] == []
