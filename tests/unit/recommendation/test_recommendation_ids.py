import pytest

from functions.recommendation.recommendation_ids import (
    MOST_LISTED,
    new_recommendation_id,
    was_recommended,
)

ITEMS = [f"item/{n} ü" for n in range(MOST_LISTED)]


def test_an_id_knows_the_items_of_its_answer():
    found = new_recommendation_id(ITEMS)
    assert all(was_recommended(found, item) for item in ITEMS)
    others = [f"other-{n}" for n in range(2_000)]
    assert sum(was_recommended(found, item) for item in others) < 30  # 3 are to be expected


def test_answers_have_ids_of_their_own():
    assert len({new_recommendation_id(ITEMS[:10]) for _ in range(50)}) == 50


def test_an_id_is_short_and_fits_personalizes_forty_characters():
    assert len(new_recommendation_id(ITEMS[:10])) <= 40
    assert len(new_recommendation_id(ITEMS)) < 300


def test_an_answer_of_very_many_items_does_not_list_them():
    many = [f"i{n}" for n in range(MOST_LISTED + 1)]
    found = new_recommendation_id(many)
    assert len(found) <= 12
    assert was_recommended(found, "i5")


@pytest.mark.parametrize(
    "id_", ["", "a", "ü", "not an id", "AAAA", "A" * 12, "=" * 8, "\0", "e" * 500]
)
def test_what_is_no_id_recommended_nothing(id_):
    assert not was_recommended(id_, "item")


def test_an_empty_answer_recommended_nothing():
    assert not was_recommended(new_recommendation_id([]), "item")
