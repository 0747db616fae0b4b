import pytest

from functions.translation.text.lists import joined, listing, rendered_sizes, same_members


@pytest.mark.parametrize(
    ("core", "language", "head", "members"),
    [
        ("Colours: orange, purple and white", "en", "Colours: ", ("orange", "purple", "white")),
        ("Made of oak, glass and brass.", "en", "Made of ", ("oak", "glass", "brass")),
        ("Wolle, Seide und Leinen", "de", "", ("Wolle", "Seide", "Leinen")),
        ("Sizes: 38 / 40 / 42", "en", "Sizes: ", ("38", "40", "42")),
        ("Für Küche, Bad und Keller geeignet.", "de", "Für ", ("Küche", "Bad", "Keller")),
        ("Bath towel, white, 500", "en", "", ("Bath towel", "white", "500")),
    ],
)
def test_a_list_is_found(core, language, head, members):
    found = listing(core, language)
    assert (found.head, found.members) == (head, members)
    parts = [found.head]
    for number, member in enumerate(found.members):
        parts += [found.separators[number - 1]] if number else []
        parts.append(member)
    assert "".join(parts) + found.tail == core


@pytest.mark.parametrize(
    "core",
    [
        *("red and blue", "It costs 1,234.50 in all", "a (b, c, d)"),
        "He left, without a word, for the coast.",
        "He came, saw; won, all.",
        "When she came home, the door was open, and nobody in the whole house had heard it.",
    ],
)
def test_what_is_no_list_for_sure_is_none(core):
    assert listing(core, "en") is None


@pytest.mark.parametrize(
    ("target", "expected"),
    [("de", "a, b und c"), ("fr", "a, b et c"), ("en", "a, b and c"), ("nl", "a, b en c")],
)
def test_members_are_joined_by_the_targets_conjunction(target, expected):
    assert joined(["a", "b", "c"], (", ", " and "), "en", target) == expected


def test_spanish_conjunctions_give_way_to_the_sound_that_follows():
    assert joined(["a", "hilo"], (" and ",), "en", "es") == "a e hilo"
    assert joined(["a", "hierba"], (" and ",), "en", "es") == "a y hierba"
    assert joined(["a", "oro"], (" or ",), "en", "es") == "a u oro"


def test_only_english_keeps_the_comma_before_the_last_member():
    assert joined(["a", "b", "c"], (", ", ", and "), "en", "de") == "a, b und c"


def test_sizes_are_no_words():
    assert rendered_sizes("S, M, L and XL", "en", "fr") == "S, M, L et XL"


@pytest.mark.parametrize(
    ("output", "same"),
    [("a, b und c.", True), ("a und c.", False), ("a, b und b.", False), ("a, b, c, d.", False)],
)
def test_lost_and_doubled_members_are_noticed(output, same):
    assert same_members(listing("x, y and z.", "en"), output, "de") is same
