import time

import numpy as np
import pytest

from functions.intent.spelling import values_in
from functions.intent.tags import find_slots, spelled, whole_words

NONE, COLOR, COLOR_ON, SIZE, SIZE_ON = range(5)


def found(text: str, pieces: list[tuple[str, int]]) -> list[tuple[int, str]]:
    """Slots of a text, from its pieces and their tags."""
    offsets, at = [], 0
    for piece, _ in pieces:
        start = text.index(piece, at)
        at = start + len(piece)
        offsets.append((start, at))
    logits = (8 * np.eye(5, dtype=np.float32))[[tag for _, tag in pieces]]
    slots = find_slots(text, offsets, logits, ("color", "size"))
    return [(slot.slot, text[slot.start : slot.end]) for slot in slots]


def test_a_slot_goes_on_over_its_tokens_and_ends_with_them():
    pieces = [("in", NONE), (" dark", COLOR), (" blue", COLOR_ON), (" size", NONE), (" 38", SIZE)]
    assert found("in dark blue size 38", pieces) == [(0, "dark blue"), (1, "38")]


def test_two_slots_of_a_kind_beside_each_other_are_two():
    assert found("red blue", [("red", COLOR), (" blue", COLOR)]) == [(0, "red"), (0, "blue")]


def test_a_word_is_never_cut_by_its_pieces():
    pieces = [("blau", NONE), ("grün", COLOR), (" bitte", NONE)]
    assert found("blaugrün bitte", pieces) == [(0, "blaugrün")]
    assert found("3", [("3", SIZE)]) == [(1, "3")]
    digits = [("4", SIZE), ("2", SIZE)]
    assert found("42", digits) == [(1, "42")]


@pytest.mark.parametrize(
    ("text", "words"),
    [(" red, ", "red"), ("«red»", "red"), ("M (medium)", "M (medium)"), ("red).", "red")],
)
def test_punctuation_at_the_edges_is_no_part_of_a_slot(text, words):
    start, end = whole_words(text, 0, len(text))
    assert text[start:end] == words


@pytest.mark.parametrize(
    ("text", "tagged", "whole"),
    [
        ("Why was I charged $24.90?", ["24"], "$24.90"),
        ("mir wurden 24,90 € abgebucht", ["24"], "24,90 €"),
        ("on m'a débité 1 299,90 €, pourquoi ?", ["299"], "1 299,90 €"),
        ("me han cobrado 24,90.", ["90"], "24,90"),
        ("meine neue Adresse ist info@shop.com.", ["@", "com"], "info@shop.com"),
        ("escríbeme a ana.b+tienda@correo.es, gracias", ["ana", "b"], "ana.b+tienda@correo.es"),
        ("call me on +44 20 7946 0192 please", ["44", "7946"], "+44 20 7946 0192"),
        ("rufen Sie (089) 123456 an", ["123456"], "(089) 123456"),
        ("mon numéro est le 06 12 34 56 78.", ["06", "56"], "06 12 34 56 78"),
        ("mi móvil es 612 345 678", ["345"], "612 345 678"),
        ("code SUMMER-24 does not work", ["SUMMER"], "SUMMER-24"),
        ("Bestellung #20-77451, wo ist sie?", ["77451"], "#20-77451"),
        ("la veste H&M est arrivée", ["H"], "H&M"),
        ("¿a qué hora, a las 14:30?", ["30"], "14:30"),
        ("brauche Schuhe in 40,5, bitte", ["40"], "40,5"),
    ],
)
def test_a_value_cut_at_its_punctuation_is_whole(text, tagged, whole):
    assert found(text, [(piece, SIZE) for piece in tagged]) == [(1, whole)]


@pytest.mark.parametrize(
    ("text", "tagged"),
    [
        ("Größe 38/40 bitte", ["38", "40"]),
        ("ouvert 9h-12h", ["9h", "12h"]),
        ("tallas 3-4 y 5-6", ["3", "5"]),
        ("sizes 104 110 116", ["104", "110", "116"]),
        ("Format A4-Papier", ["A4"]),
        ("order 4410, please", ["4410"]),
    ],
)
def test_what_may_be_more_than_one_value_is_not_joined(text, tagged):
    assert found(text, [(piece, SIZE) for piece in tagged]) == [(1, piece) for piece in tagged]


def test_a_value_with_parts_of_two_kinds_is_left_as_it_was_tagged():
    pieces = [("2", SIZE), ("100", COLOR)]
    assert found("quiero 2 100 € más", pieces) == [(1, "2"), (0, "100")]


def test_a_slot_over_several_values_holds_each_whole():
    pieces = [("1", SIZE), (",50 bis 2", SIZE_ON)]
    assert found("von 1,50 bis 2,50 €.", pieces) == [(1, "1,50 bis 2,50 €")]


@pytest.mark.parametrize(
    "part", ["a-", "1 ", "01 ", "+1 ", "_-", "a.", "1,", "a@", "AB-1", "#", "("]
)
def test_a_long_text_is_looked_through_in_time(part):
    start_s = time.process_time()
    values_in(part * 8_000)
    assert time.process_time() - start_s < 1  # of processor time; a quadratic search takes several


def test_no_tokens_have_no_slots():
    assert find_slots("", [], np.empty((0, 5), np.float32), ()) == []


def test_tokens_without_characters_are_left_out():
    assert spelled([(0, 0), (0, 3), (3, 7), (0, 0)]) == [1, 2]


def test_an_article_goes_with_the_value_behind_it_and_is_none_by_itself():
    assert found("the red", [("the", COLOR), (" red", COLOR)]) == [(0, "red")]
    assert found("the 38 red", [("the", COLOR), (" 38", SIZE)]) == [(1, "38")]


def test_an_emoji_at_the_edge_is_no_part_of_a_slot():
    assert found("red🙏🏽 ok", [("red", COLOR), ("🙏🏽", COLOR_ON)]) == [(0, "red")]


def test_a_name_does_not_grow_over_the_next_slot():
    text, offsets = "für Anna Berlin", [(0, 3), (4, 8), (9, 15)]
    logits = (8 * np.eye(5, dtype=np.float32))[[0, 1, 3]]
    slots = find_slots(text, offsets, logits, ("person", "place"))
    assert [text[slot.start : slot.end] for slot in slots] == ["Anna", "Berlin"]
