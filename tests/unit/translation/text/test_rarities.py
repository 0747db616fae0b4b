import json
import subprocess
import sys

import pytest

from functions.translation.text import abbreviations, dates, document, letters, rarities
from functions.translation.text.spans import Marked, Span

RARE = {
    *("abbreviations", "cells", "clauses", "clock", "dates", "facts", "floats", "glossary"),
    *("letters", "lists", "markdown", "markup", "messages", "numbers", "terms"),
}
PLAIN = [
    {"text": "Wo ist meine Bestellung?", "target": "en"},
    {"text": "Where is the parcel that you sent to my neighbour?", "source": "en", "target": "de"},
]
TRANSLATE = """
import json, sys
from functions.translation.schemas import TranslateRequest
from functions.translation.service import get_service

requests = [TranslateRequest(**fields) for fields in json.loads(sys.argv[1])]
for answer in get_service().translate(requests):
    assert not any(one.untranslated for one in answer.translations), answer
print(json.dumps(list(sys.modules)))
"""


def loaded(*requests: dict[str, object]) -> set[str]:
    """Which of the modules for what few texts hold a fresh process needed for these."""
    command = [sys.executable, "-c", TRANSLATE, json.dumps(requests)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    names = set(json.loads(done.stdout.splitlines()[-1]))
    return {name for name in RARE if f"functions.translation.text.{name}" in names}


def test_a_plain_text_needs_none_of_them():
    assert loaded(*PLAIN) == set()


def test_a_text_needs_those_of_what_it_holds():
    request = {"text": "Dear Ms Smith, see you on Monday.", "source": "en", "target": "de"}
    assert {"abbreviations", "letters", "facts", "dates"} <= loaded(request)


@pytest.mark.parametrize("language", letters.LANGUAGES)
def test_every_opening_and_closing_of_a_letter_is_looked_for(language):
    place = letters.LANGUAGES.index(language)
    rows = [*letters._OPENINGS, *letters._CLOSINGS]
    forms = [form for row in rows for form in row[place].split("|") if not form.startswith("=")]
    missed = [
        form for form in forms if not rarities._LETTER.match(form.replace("{}", "Ada").upper())
    ]
    assert missed == []


@pytest.mark.parametrize("language", abbreviations._FULL)
def test_every_short_form_is_looked_for(language):
    for form in abbreviations._FULL[language]:
        core = f"A {form} b"
        assert rarities.in_full(core, language, "en", Marked()) != core


@pytest.mark.parametrize("language", abbreviations._LANGUAGES)
def test_every_title_and_coin_is_looked_for(language):
    place = abbreviations._LANGUAGES.index(language)
    told = ((abbreviations._TITLES, "{} Smith"), (abbreviations._COINS, "5 {}"))
    for row, core in (*told, ((abbreviations._TAX,), "with {}")):
        for form in (form for forms in row for form in forms[place].split("|")):
            text = core.format(form)
            assert rarities.in_full(text, language, "de", Marked()) != text, form


@pytest.mark.parametrize("language", sorted(dates._calendar()))
def test_every_day_and_month_is_looked_for(language):
    known = dates._calendar()[language]
    for row in [*known["months"], *known["weekdays"]]:
        name = row[0]
        stated = [*dates.named(name, language), *dates.named(name.upper(), language)]
        assert not stated or rarities.states_facts(name, language)
        assert rarities.states_facts(f"3 {name}", language)


@pytest.mark.parametrize(
    "line",
    ["a | b", "a\tb", "Home > Shoes", "red - blue", "red \u2013 blue", "red / blue", "a → b"],
)
def test_every_separator_of_cells_is_looked_for(line):
    assert len(list(rarities.cells(line))) == 3


@pytest.mark.parametrize(
    "text", ["**bold**", "_so so_", "~~gone~~", "[a](b)", "<b>bold</b>", "`code`", "__so so__"]
)
def test_every_sign_of_markdown_is_looked_for(text):
    assert document.mark_inline(text, Marked()) != text


def test_sizes_lists_and_messages_are_looked_for():
    assert rarities.mark_sizes("In S, M and XL", "en", "de", Marked()) != "In S, M and XL"
    for core in ("red, blue and green", "red; blue; green", "red / blue / green"):
        assert rarities.listing(core, "en") is not None
    assert list(document.messages("{n, plural, one {# item} other {# items}}"))


def test_comments_are_lifted_and_put_back():
    marked = Marked()
    core = f"red {marked.mark(Span('<!-- x -->', 'float'))}shoes"
    bare, put_back = rarities.lift(core, marked)
    assert (bare, put_back(bare)) != (core, core)
    assert marked.restore(put_back(bare)).replace("<!-- x -->", "") == "red shoes"


def test_a_range_between_marks_is_one_mark_even_where_no_figure_stands():
    marked = Marked()
    core = f"{marked.mark_text('9am')}-{marked.mark_text('7pm')}"
    joined = rarities.mark_facts(core, ["date"], "en", "de", marked)
    assert (len(joined), marked.restore(joined)) == (1, "9am-7pm")
