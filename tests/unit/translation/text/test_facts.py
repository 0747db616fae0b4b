import pytest

from functions.translation.text.clock import moments
from functions.translation.text.clock import render as told
from functions.translation.text.dates import Day, _calendar, named
from functions.translation.text.dates import render as written
from functions.translation.text.facts import differing, mark_facts
from functions.translation.text.numbers import localised, localised_span
from functions.translation.text.spans import Marked


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("expires on 14 February 2027", "en", "de", ["am 14. Februar 2027"]),
        ("until May 30, 2027.", "en", "es", ["30 de mayo de 2027"]),
        ("from 24 December to 2 January", "en", "fr", ["24 décembre", "2 janvier"]),
        ("valid until 1 June", "en", "fr", ["1er juin"]),
        ("bis 31. März 2027", "de", "en", ["March 31, 2027"]),
        ("jusqu'au 18 mai 2026", "fr", "pt", ["18 de maio de 2026"]),
        ("el 26 de diciembre", "es", "en", ["on December 26"]),
        ("Montag und Mai", "de", "en", ["Monday", "May"]),
        ("last tuesday, i may", "en", "fr", ["mardi"]),
        ("You may march on", "en", "de", []),
        ("45 May 2025", "en", "de", []),
    ],
)
def test_days_are_found_and_written_anew(text, source, target, expected):
    assert [written(found, target) for found in named(text, source)] == expected


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("open until 7 pm", "en", "de", ["19 Uhr"]),
        ("at 3:45 p.m. or 14:30", "en", "es", ["a las 15:45", "las 14:30"]),
        ("by 12 noon", "en", "fr", ["12 h"]),
        ("at 12 am", "en", "de", ["um 0 Uhr"]),
        ("at noon or about midnight", "en", "es", ["al mediodía", "la medianoche"]),
        ("at midnight", "en", "de", ["um Mitternacht"]),
        ("Geöffnet von 8 bis 18 Uhr", "de", "en", ["6 pm", "8 am"]),
        ("ferme à 19h30", "fr", "en", ["at 7:30 pm"]),
        ("livré en 2 heures", "fr", "en", []),
        ("Aberto das 9h às 18h30", "pt", "en", ["6:30 pm", "9 am"]),
        ("abre às 9h", "pt", "en", ["at 9 am"]),
        ("open at 2:30 pm", "en", "pt", ["às 14h30"]),
        ("entrega em 24h", "pt", "en", []),
        ("de 8 a 14 h", "es", "en", ["8 am", "2 pm"]),
        ("20 pm", "en", "de", []),
    ],
)
def test_times_are_found_and_told_anew(text, source, target, expected):
    assert [told(found, target) for found in moments(text, source)] == expected


@pytest.mark.parametrize(
    ("source", "output", "language", "target", "kinds"),
    [
        ("open until 7 pm", "bis 19 Uhr", "en", "de", []),
        ("open until 7 pm", "bis 7 Uhr", "en", "de", ["time"]),
        ("lunch about noon", "almuerzo sobre el mediodía", "en", "es", []),
        ("lunch about noon", "almuerzo sobre las 12:00", "en", "es", []),
        ("lunch about noon", "almuerzo sobre la una", "en", "es", ["time"]),
        ("livré avant midi", "delivered before noon", "fr", "en", []),
        ("livré le soir", "delivered at noon", "fr", "en", ["time"]),
        ("Licht 1 ausging. 7", "light 1 went out. 7", "de", "en", []),
        ("Licht 1 ausging. 7", "light went out 1.7", "de", "en", ["number"]),
        ("in 1 7 teilen", "share in 1.7", "de", "en", ["number"]),
        ("4,4 Sterne", "4.4 stars", "de", "en", []),
        ("1 200 pièces", "1,200 pieces", "fr", "en", []),
        ("May 3, 2025", "3, 2025", "en", "de", ["date", "number"]),
        ("on Monday", "le mardi", "en", "fr", ["date"]),
        ("1,234.5 kg", "1.234,5 kg", "en", "de", []),
        ("500 g", "500 chicken", "de", "en", ["number"]),
        ("two minutes", "2 Minuten", "en", "de", []),
        ("a shoe", "7 Schuhe", "en", "de", ["number"]),
        ("2 of 10", "2 von 11", "en", "de", ["number"]),
        ("in 2 hours", "en 2 heures", "en", "fr", []),
    ],
)
def test_other_facts_are_noticed(source, output, language, target, kinds):
    assert differing(source, output, language, target) == kinds


def test_facts_are_put_aside_as_the_target_writes_them():
    marked = Marked()
    core = mark_facts(
        "Open 9am-7pm, 2.5 kg on May 3", ["date", "time", "number"], "en", "fr", marked
    )
    assert marked.restore(core) == "Open 9 h-19 h, 2,5 kg le 3 mai"
    assert mark_facts("2.5 kg on May 3", ["time"], "en", "fr", marked) == "2.5 kg on May 3"


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("1,234.5", "en", "de", "1.234,5"),
        ("1.234", "en", "de", "1,234"),
        ("1.2.3", "en", "de", "1.2.3"),
        ("2,5", "de", "fr", "2,5"),
    ],
)
def test_figures_are_localised_only_where_they_are_in_order(text, source, target, expected):
    assert localised(text, source, target) == expected


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("$12.50", "en", "de", "$12.50"),  # no one takes it for another amount
        ("$1,250", "en", "de", "$1.250"),  # which would be read as 1.25
        ("3.500 €", "de", "en", "3,500 €"),
        ("1.249,00 €", "de", "en", "1.249,00 €"),
        ("2.5 m²", "en", "de", "2,5 m²"),
        ("AB-1.5", "en", "de", "AB-1.5"),
    ],
)
def test_a_price_changes_only_where_it_would_be_misread(text, source, target, expected):
    assert localised_span(text, source, target) == expected


@pytest.mark.parametrize("language", ["tr", "de", "es"])
def test_a_month_in_capitals_is_one(language):
    months = [row[0] for row in _calendar()[language]["months"]]
    for number, name in enumerate(months, 1):
        (found,) = named(f"3 {name.upper()}", language)
        assert found.value == Day(None, number, 3)
