import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.recommendation.diversity import candidates, diversify
from functions.recommendation.schemas import RecommendationRequest

SCORES = np.array([5.0, 4.9, 4.8, 1.0], np.float32)
# The first three are nearly one item, the last is another.
VECTORS = np.array([[1, 0], [1, 0.1], [1, 0.2], [0, 1]], np.float32)


def places(k: int, diversity: float, scores=SCORES, vectors=VECTORS) -> list[int]:
    return diversify(scores, vectors, k, diversity).tolist()


def test_without_diversity_the_order_is_that_of_the_scores():
    assert places(4, 0.0) == [0, 1, 2, 3]


def test_the_best_item_is_always_first():
    for diversity in (0.0, 0.3, 0.7, 1.0):
        assert places(4, diversity)[0] == 0


def test_with_diversity_an_unlike_item_comes_before_like_ones():
    assert places(2, 1.0) == [0, 3]
    assert places(4, 1.0) == [0, 3, 2, 1]
    assert places(2, 0.1) == [0, 1]


def test_likeness_is_of_direction_and_not_of_length():
    lengths = np.array([[1], [100], [0.001], [7]], np.float32)
    assert places(4, 0.6, vectors=VECTORS * lengths) == places(4, 0.6)


def test_all_are_chosen_where_there_are_fewer_than_wanted():
    assert sorted(places(10, 0.5)) == [0, 1, 2, 3]
    assert places(10, 0.5, SCORES[:1], VECTORS[:1]) == [0]


def test_equal_scores_and_a_vector_of_zeros_are_no_trouble():
    assert sorted(places(4, 0.5, np.full(4, 2.0, np.float32), np.zeros((4, 2)))) == [0, 1, 2, 3]


def test_there_are_more_candidates_than_items_wanted():
    assert candidates(1) == candidates(10) == 50
    assert candidates(100) == 500


def expected(scores, vectors, k: int, diversity: float) -> list[int]:
    """Maximal marginal relevance, item by item."""
    unit = [v / max(float(np.linalg.norm(v)), 1e-9) for v in vectors]
    spread = (scores[0] - scores[-1]) or 1.0
    chosen = [0]
    while len(chosen) < min(k, len(scores)):
        values = {
            place: (1 - diversity) * (scores[place] - scores[-1]) / spread
            - diversity * max(0.0, *(float(unit[place] @ unit[other]) for other in chosen))
            for place in range(len(scores))
            if place not in chosen
        }
        chosen.append(max(values, key=values.__getitem__))
    return chosen


@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 12),
    k=st.integers(1, 14),
    diversity=st.floats(0, 1, width=16),
)
def test_it_is_maximal_marginal_relevance(seed, count, k, diversity):
    random = np.random.default_rng(seed)
    scores = np.sort(random.normal(size=count))[::-1]
    vectors = random.normal(size=(count, 3))
    assert places(k, diversity, scores, vectors) == expected(scores, vectors, k, diversity)


@pytest.mark.parametrize("k", [2, 10, 100])
def test_a_diverse_answer_is_less_alike(k, service, model):
    history = [{"item_id": "22697"}, {"item_id": "22698"}]

    def answer(diversity: float):
        request = RecommendationRequest(history=history, k=k, diversity=diversity)
        return service.rank([request])[0].items

    def likeness(items) -> float:
        vectors = model.vectors([model.row(item.item_id) for item in items])
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return float((unit @ unit.T)[np.triu_indices(len(items), 1)].mean())

    plain, diverse = answer(0.0), answer(1.0)
    assert len({item.item_id for item in diverse}) == len(diverse) == k
    assert diverse[0].item_id == plain[0].item_id
    assert likeness(diverse) < likeness(plain)
