import numpy as np
import pytest

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
    return [(slot.slot, text[slot.start : slot.end]) for slot in find_slots(text, offsets, logits)]


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


def test_no_tokens_have_no_slots():
    assert find_slots("", [], np.empty((0, 5), np.float32)) == []


def test_tokens_without_characters_are_left_out():
    assert spelled([(0, 0), (0, 3), (3, 7), (0, 0)]) == [1, 2]
