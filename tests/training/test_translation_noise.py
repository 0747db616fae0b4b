"""Changes that keep a pair a right translation, pairs without English, and weights."""

import random
import re
from collections import Counter

import pytest

from training.translation import noise
from training.translation.between import between
from training.translation.pairs import Pair


@pytest.fixture
def rng():
    return random.Random(3)


def pair(source, target, languages=("en", "de")):
    return Pair(source, target, *languages)


def test_numbers_change_alike_on_both_sides(rng):
    before = pair("Order 10045 of 12 May: 48 pieces", "Bestellung 10045 vom 12. Mai: 48 Stück")
    after = noise.numbers(before, rng)
    assert after != before
    assert noise.DIGITS.findall(after.source) == noise.DIGITS.findall(after.target)
    long, day, count = noise.DIGITS.findall(after.source)
    assert len(long) == 5
    assert 1 <= int(day) <= 28
    assert 32 <= int(count) <= 99


@pytest.mark.parametrize("seed", range(30))
def test_times_of_a_clock_stay_such(seed):
    after = noise.numbers(pair("Open from 09:45.", "Geöffnet ab 09:45 Uhr."), random.Random(seed))
    (clock,) = re.findall(r"\d\d:\d\d", after.source)
    assert clock in after.target
    assert noise.TIME.fullmatch(clock)


@pytest.mark.parametrize(
    ("source", "target"),
    [("2 for 1", "1 zum Preis von 1"), ("3 of 3", "3 von 3"), ("none", "keine")],
)
def test_numbers_that_do_not_correspond_stay(rng, source, target):
    assert noise.numbers(pair(source, target), rng) == pair(source, target)


def test_names_and_brands_change_alike(rng):
    after = noise.names(pair("Tom is here.", "Tom ist da."), rng)
    name = after.source.split()[0]
    assert name in noise.NAMES
    assert after.target == f"{name} ist da."
    after = noise.brand(pair("a new Samsung phone", "ein neues Samsung Handy"), rng)
    assert "Samsung" not in after.source + after.target
    assert after.source.split()[2] == after.target.split()[2]
    assert noise.names(pair("Tom", "Thomas"), rng) == pair("Tom", "Thomas")


def test_a_brand_is_changed_as_a_word_only(rng):
    after = noise.brand(pair("my Bose and Bosewicht", "mein Bose und Bosewicht"), rng)
    left = [word for word in after.source.split() if word in after.target.split()]
    assert len(left) == 2


def test_lists_are_shuffled_and_shortened_alike():
    german = {"red": "rot", "navy": "marine", "olive": "oliv", "sand": "sand"}
    before = pair("Colours: red, navy, olive and sand.", "Farben: rot, marine, oliv und sand.")
    seen = set()
    for seed in range(20):
        after = noise.shuffled_list(before, random.Random(seed))
        source, target = (
            text.split(": ")[1].rstrip(".").split(", ") for text in (after.source, after.target)
        )
        assert [german[word] for word in source] == target
        assert after.source.endswith(".")
        seen.add(len(source))
    assert seen == {2, 3, 4}


def test_lists_of_unlike_length_stay(rng):
    before = pair("In: red, navy and olive", "In: rot und marine")
    assert noise.shuffled_list(before, rng) == before


def test_the_target_follows_in_capitals_and_headings_only(rng):
    before = pair("Größe wählen.", "choose a size.", ("de", "en"))
    assert noise.capitals(before, rng).target == "CHOOSE A SIZE."
    assert noise.title(before, rng).target == "Choose A Size."
    assert noise.title(before, rng).source == "Größe wählen."
    for change in (noise.lower_case, noise.without_accents, noise.without_stop):
        after = change(before, rng)
        assert after.target == before.target
        assert after.source != before.source
    assert noise.without_accents(before, rng).source == "Große wahlen."


@pytest.mark.parametrize("change", [noise.with_code, noise.with_copied])
def test_what_is_added_is_the_same_on_both_sides(change):
    for seed in range(20):
        after = change(pair("Hello", "Hallo"), random.Random(seed))
        assert after.source.replace("Hello", "") == after.target.replace("Hallo", "") != ""


def test_each_kind_is_put_on_in_its_share():
    before = pair("Where is it?", "Wo ist es?")
    rng = random.Random(0)
    found = Counter(noise.Noise().put_on(before, rng).source for _ in range(4_000))
    assert 0.015 <= found["WHERE IS IT?"] / 4_000 <= 0.026
    assert 0.03 <= found["where is it?"] / 4_000 <= 0.05
    assert 0.78 <= found["Where is it?"] / 4_000 <= 0.87


def test_lines_that_share_their_english_side_make_pairs_without_it():
    pairs = [
        pair("Good morning.", "Guten Morgen."),
        pair("Bonjour.", "Good morning.", ("fr", "en")),
        pair("Good morning.", "Buenos días.", ("en", "es")),
        pair("Good morning.", "Moin.", ("en", "de")),
        pair("Right", "Rechts"),
        pair("Right", "Correct", ("en", "fr")),
    ]
    found = between(pairs, ["de", "fr"], ["de", "fr", "es"])
    assert {(p.source, p.target) for p in found} == {
        ("Guten Morgen.", "Bonjour."),
        ("Bonjour.", "Guten Morgen."),
        ("Guten Morgen.", "Buenos días."),
        ("Bonjour.", "Buenos días."),
    }
