import pytest

from functions.translation.schemas import TranslateRequest
from functions.translation.service import get_service
from functions.translation.text import rarities
from functions.translation.text.hours import _SHORT
from functions.translation.text.spans import Marked


def written(text, source, target):
    marked = Marked()
    return marked.restore(rarities.mark_days(text, source, target, marked))


@pytest.mark.parametrize(
    ("source", "target", "text", "expected"),
    [
        ("de", "en", "Mo–Fr 9–18 Uhr, Sa 10–14 Uhr", "Mon–Fri 9 am–6 pm, Sat 10 am–2 pm"),
        ("de", "fr", "Mo. bis Fr. 8:00–20:00 Uhr", "lun.–ven. 8 h–20 h"),
        ("en", "fr", "Mon-Sat: 10am - 8pm, Sun: 11am - 6pm",
         "lun.-sam.: 10 h - 20 h, dim.: 11 h - 18 h"),
        ("es", "de", "Lun–Vie 9:00–14:00", "Mo–Fr 9–14 Uhr"),
        ("en", "es", "Mon–Thurs 9 a.m.–6 p.m.", "lun.–jue. 9:00–18:00"),
        ("fr", "en", "du lun. au ven.", "du Mon–Fri"),
    ],
)  # fmt: skip
def test_days_in_short_and_their_hours_are_written_in_the_target(source, target, text, expected):
    assert written(text, source, target) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "He sat on the chair and the sun was shining."),
        ("en", "The Sun is a star. Sat nav included."),
        ("de", "So 5 Leute kamen, die Mi sagten."),
        ("de", "Do it yourself"),
        ("fr", "Il va à la mer 3 fois par an."),
        ("fr", "Mar 3"),
    ],
)
def test_words_that_look_like_days_are_left_alone(language, text):
    assert written(text, language, "es" if language != "es" else "en") == text


@pytest.mark.parametrize("language", _SHORT)
def test_every_day_is_looked_for(language):
    target = "en" if language != "en" else "de"
    for forms in _SHORT[language]:
        for form in forms.split("|"):
            assert written(f"{form} 9:00", language, target) != f"{form} 9:00", form


def test_a_language_without_a_table_keeps_its_days():
    assert written("Mon–Fri 9 am–6 pm", "en", "it") == "Mon–Fri 9 am–6 pm"


def test_a_text_of_hours_alone_is_answered():
    request = TranslateRequest(text="Mo. bis Fr. 8:00–20:00 Uhr", source="de", target="en")
    (outcome,) = get_service().translate([request])
    (found,) = outcome.translations
    assert (found.text, found.untranslated) == ("Mon–Fri 8 am–8 pm", None)
