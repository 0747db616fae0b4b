from datetime import UTC, datetime

import pytest

from functions.intent.values import Setting, plain_value

NOW = datetime(2026, 11, 28, 10, tzinfo=UTC)  # a Saturday


def value(slot: str, words: str, language: str = "en", country: str | None = None) -> str | None:
    return plain_value(slot, words, Setting(language, NOW, country))


@pytest.mark.filterwarnings("default")  # dateparser's own
@pytest.mark.parametrize(
    ("words", "language", "country", "day"),
    [
        ("tomorrow", "en", None, "2026-11-29"),
        ("Übermorgen", "de", None, "2026-11-30"),
        ("heut früh", "de", None, "2026-11-28"),
        ("hier soir", "fr", None, "2026-11-27"),
        ("hace 10 días", "es", None, "2026-11-18"),
        ("anoche", "es", None, "2026-11-27"),
        ("next Friday", "en", None, "2026-12-04"),
        ("letzten Freitag", "de", None, "2026-11-27"),
        ("el lunes pasado", "es", None, "2026-11-23"),
        ("3 May", "en", None, "2026-05-03"),
        ("12.03.", "de", None, "2027-03-12"),
        ("12/03/2025", "fr", None, "2025-03-12"),
        ("12/03", "en", "US", "2026-12-03"),
        ("12/03", "en", "GB", "2027-03-12"),
        ("12/03", "en", None, None),  # March or December
        ("25/12", "en", None, "2026-12-25"),
        ("31/02", "de", None, None),
        ("friday", "en", None, None),  # the last or the next
        ("last week", "en", None, None),
        ("la semaine prochaine", "fr", None, None),
    ],
)
def test_dates_with_one_meaning_are_iso_dates(words, language, country, day):
    assert value("date", words, language, country) == day


@pytest.mark.parametrize(
    ("slot", "words", "language", "plain"),
    [
        ("time", "7pm", "en", "19:00"),
        ("time", "19h30", "fr", "19:30"),
        ("time", "18.30 Uhr", "de", "18:30"),
        ("time", "25:00", "de", None),
        ("time", "noon", "en", None),
        ("amount", "24,90 €", "de", "24.90 EUR"),
        ("amount", "1.299 €", "de", "1299 EUR"),
        ("amount", "$1,299.50", "en", "1299.50 USD"),
        ("amount", "39€90", "fr", "39.90 EUR"),
        ("amount", "30 pavos", "es", "30 EUR"),
        ("amount", "39.90", "en", "39.90"),
        ("amount", "a lot", "en", None),
        ("quantity", "zwei", "de", "2"),
        ("quantity", "3x", "en", "3"),
        ("quantity", "une", "fr", "1"),
        ("quantity", "some", "en", None),
        ("email", "Anna@Example.COM", "en", "Anna@example.com"),
        ("email", "anna at example", "en", None),
        ("order_number", "#77 120", "en", "77120"),
        ("phone", "0171 5558812", "de", "+491715558812"),
        ("phone", "07700 900812", "en", None),  # of which country?
        ("phone", "+44 7700 900812", "en", "+447700900812"),
        ("phone", "123", "de", None),
        ("color", "navy", "en", None),
    ],
)
def test_values_have_their_plain_form(slot, words, language, plain):
    assert value(slot, words, language) == plain


def test_a_number_is_read_by_the_customer_s_country():
    assert value("phone", "07700 900812", "en", "GB") == "+447700900812"
