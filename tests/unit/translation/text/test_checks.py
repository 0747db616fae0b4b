import pytest

from functions.translation.text.checks import faults


@pytest.mark.parametrize(
    ("source", "output", "found"),
    [
        ("Where is my order?", "Wo ist meine Bestellung?", []),
        ("This is not a toy.", "Das ist ein Spielzeug.", ["negation"]),
        ("This is a toy.", "Das ist kein Spielzeug.", ["negation"]),
        ("Contains milk.", "Enthält Zucker.", ["hazard"]),
        ("The order came.", "Die Bestellung Bestellung kam.", ["repetition"]),
        ("The oak is big.", "Die oak ist groß.", ["untranslated"]),
        ("With three forks.", "Mit drei Gabeln.", []),
        ("The chair is big.", "Der Stühlxq ist groß.", ["garbled"]),
        ("Ask Tamsin today.", "Fragen Sie heute.", ["name"]),
        ("red, blue and green", "rot und grün", ["list"]),
        ("We sell 3 lamps.", "Wir verkaufen 4 Lampen.", ["number"]),
    ],
)
def test_a_fault_is_noticed(source, output, found):
    assert faults(source, output, "en", "de") == found
