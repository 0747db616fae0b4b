import pytest

from shared.language import clearly_other, detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wo ist meine Bestellung?", "de"),
        ("Où est ma commande ?", "fr"),
        ("¿Dónde está mi pedido?", "es"),
        ("где мой заказ", "ru"),
    ],
)
def test_another_language_is_found(text, language):
    found = clearly_other(text, {"en"})
    assert found is not None
    assert found.language == language
    assert 0.7 <= found.confidence <= 1
    assert clearly_other(text, {language}) is None


@pytest.mark.parametrize(
    "text",
    [
        "where is my package",
        "refund pls",
        "ORDER",
        "track",
        "iphone 15 pro",
        "1234",
        "😀",
        "",
        "ok thx",
    ],
)
def test_short_english_is_not_taken_for_another(text):
    assert clearly_other(text, {"en"}) is None


def test_any_language_is_fine_where_none_is_expected():
    assert clearly_other("Wo ist meine Bestellung?", ()) is None


def test_text_without_letters_has_no_language():
    assert detect("42 !!!") == []
