import re

import pytest

from functions.translation.rounds import WORDED
from functions.translation.text import wordings
from functions.translation.text.attempts import Scored


@pytest.mark.parametrize(
    ("direction", "source", "written"),
    [
        ("en-pt", "I usually wear a medium.", "I usually wear a medium size."),
        ("en-pt", "A large, comfortable bag.", "A large, comfortable bag."),
        ("en-pt", "A small but reliable script.", "A small but reliable script."),
        ("en-pt", "Order now!", "Buy now!"),
        ("en-pt", "Only 3 left, please order soon.", "Only 3 left, please buy soon."),
        ("en-pt", "In order to pay, sort by order.", "In order to pay, sort by order."),
        ("en-pt", "Free on orders over \U000f0000.", "Free on orders of more than \U000f0000."),
        ("en-pt", "Spread over 3 months.", "Spread over 3 months."),
        ("en-pt", "Trainers for men", "Sneakers for men"),
        ("pt-en", "Serve no meu modelo?", "Serve no meu modelo?"),
        ("pt-en", "Trainers", "Trainers"),
        ("en-it", "Order now!", "Order now!"),
    ],
)
def test_a_word_that_is_mistaken_always_is_said_by_another(direction, source, written):
    assert wordings.reworded(source, direction) == written


def translated(found, core, direction="en-pt"):
    """The texts for one sentence where a model gives ``found`` by what it reads; what it read."""
    read = []

    def translate(asked):
        read.extend(text for _, text in asked)
        return [found.get(text, [Scored("?", -9.0)]) for _, text in asked]

    (results,) = wordings.translations([core], [direction], translate)
    return [one.text for one in results], read


def test_of_what_is_about_as_likely_the_shops_meaning_comes_first():
    found = {
        "The table is new.": [Scored("A tabela é nova.", -0.05), Scored("A mesa é nova.", -0.1)]
    }
    texts, read = translated(found, "The table is new.")
    assert texts == ["A mesa é nova.", "A tabela é nova."]
    assert read == ["The table is new."]


def test_what_is_far_less_likely_does_not_but_the_sentence_is_said_in_another_way():
    found = {
        "The table is new.": [Scored("A tabela é nova.", -0.05), Scored("Mesa.", -0.9)],
        "The desk is new.": [Scored("A mesa é nova.", -0.3)],
    }
    texts, read = translated(found, "The table is new.")
    assert texts == ["A mesa é nova."]
    assert read == ["The table is new.", "The desk is new."]


def test_a_second_translation_that_is_no_better_is_not_had():
    found = {
        "The table is new.": [Scored("A tabela é nova.", -0.05)],
        "The desk is new.": [Scored("A tabela é nova.", -0.01)],
    }
    assert translated(found, "The table is new.")[0] == ["A tabela é nova."]
    assert translated({"The table is new.": []}, "The table is new.")[0] == []


@pytest.mark.parametrize("source", ["See the size table.", "The table below shows it."])
def test_a_table_of_figures_stays_one(source):
    found = {source: [Scored("A tabela.", -0.05), Scored("A mesa.", -0.06)]}
    assert translated(found, source) == (["A tabela.", "A mesa."], [source])


@pytest.mark.parametrize(
    ("source", "yours"),
    [("O correio trouxe o seu pacote.", True), ("Ele esqueceu o seu pacote.", False)],
)
def test_what_is_nobody_elses_is_the_customers(source, yours):
    found = {
        source: [Scored("his package", -0.1)],
        source.replace("seu", "vosso"): [Scored("your package", -0.4)],
    }
    assert translated(found, source, "pt-en")[0] == ["your package" if yours else "his package"]


@pytest.mark.parametrize(
    ("direction", "source", "written"),
    [
        ("en-pt", "Machine wash cold, do not bleach, do not tumble dry.",
         "Lavar à máquina com água fria, não usar alvejante, não secar na secadora."),
        ("en-pt", "Wash at 30 °C", "Lavar à máquina a 30 °C"),
        ("en-pt", "Only \U000f0000 left in stock!", "Restam apenas \U000f0000!"),
        ("en-pt", "Machine wash cold, then rinse.", None),
        ("pt-en", "Lavar à mão e não torcer.", None),
        ("pt-en", "Restam apenas 5 em estoque, peça logo.", "Only 5 left, order soon."),
        ("de-pt", "Fragile", None),
    ],
)  # fmt: skip
def test_what_labels_say_needs_no_model(direction, source, written):
    assert wordings.statement(source, direction) == written
    if written:
        assert translated({}, source, direction) == ([written], [])


def test_the_tables_are_whole():
    rows = [
        line.split("\t")
        for line in (wordings._DATA / "wordings.tsv").read_text(encoding="utf-8").splitlines()
    ]
    assert {row[0] for row in rows} == WORDED == {*wordings.NOTICES}
    for row in rows:
        assert len(row) == 5, row
        assert row[3] or row[4], row
        assert not re.search(row[1], ""), row
    for line in (wordings._DATA / "notices.pt.tsv").read_text(encoding="utf-8").splitlines():
        english, portuguese = line.split("\t")
        assert {form.count("#") for cell in (english, portuguese) for form in cell.split(";")} in (
            {0},
            {1},
        )
        first = portuguese.split(";")[0].replace("#", "5")
        assert wordings.statement(first, "pt-en") is not None
