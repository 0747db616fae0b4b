import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.recommendation.catalogue import Catalogue
from functions.recommendation.conditions import MAX_FILTER_DEPTH, Condition
from functions.recommendation.filters import mask_of
from shared.errors import InvalidRequest, LimitExceeded

NAN = float("nan")
COMPARISONS = {
    "eq": lambda value, wanted: value == wanted,
    "in": lambda value, wanted: value in wanted,
    "lt": lambda value, wanted: value < wanted,
    "lte": lambda value, wanted: value <= wanted,
    "gt": lambda value, wanted: value > wanted,
    "gte": lambda value, wanted: value >= wanted,
}


def catalogue(price: list[float], colour: list[str]) -> Catalogue:
    count = len(price)
    return Catalogue(
        [f"i{n}" for n in range(count)],
        ["title"] * count,
        {"price": np.array(price, np.float64), "colour": np.array(colour, np.str_)},
        np.zeros(count),
        np.ones(count, bool),
    )


SHOP = catalogue([1.0, 2.5, NAN, 10.0], ["red", "blue", "", "red"])


def shown(condition: dict) -> list[int]:
    mask = mask_of(Condition.model_validate(condition), SHOP)
    assert mask.dtype == bool
    assert mask.shape == (len(SHOP),)
    return np.flatnonzero(mask).tolist()


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ({"eq": 2.5}, [1]),
        ({"eq": 10}, [3]),
        ({"eq": 3}, []),
        ({"in": [1, 10, 99]}, [0, 3]),
        ({"lt": 2.5}, [0]),
        ({"lte": 2.5}, [0, 1]),
        ({"gt": 2.5}, [3]),
        ({"gte": 2.5}, [1, 3]),
        ({"lt": 0}, []),
        ({"gte": -1e9}, [0, 1, 3]),
    ],
)
def test_each_operator_on_a_number_which_nan_never_passes(condition, rows):
    assert shown({"field": "price", **condition}) == rows


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ({"eq": "red"}, [0, 3]),
        ({"eq": "RED"}, []),
        ({"eq": "re"}, []),
        ({"eq": ""}, [2]),
        ({"in": ["blue", "", "a colour longer than any in the catalogue"]}, [1, 2]),
        ({"lt": "red"}, [1, 2]),
        ({"lte": "red"}, [0, 1, 2, 3]),
        ({"gt": "blue"}, [0, 3]),
        ({"gte": "blue"}, [0, 1, 3]),
    ],
)
def test_each_operator_on_text(condition, rows):
    assert shown({"field": "colour", **condition}) == rows


RED, DEAR, CHEAP = (
    {"field": "colour", "eq": "red"},
    {"field": "price", "gt": 2},
    {"field": "price", "lte": 2},
)


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ({"and": [RED, DEAR]}, [3]),
        ({"and": [RED]}, [0, 3]),
        ({"or": [RED, DEAR]}, [0, 1, 3]),
        ({"or": [CHEAP]}, [0]),
        ({"not": RED}, [1, 2]),
        ({"not": {"not": RED}}, [0, 3]),
        ({"not": DEAR}, [0, 2]),  # what has no price is not dear either
        ({"or": [CHEAP, DEAR]}, [0, 1, 3]),
        ({"and": [{"or": [RED, {"field": "colour", "eq": "blue"}]}, {"not": CHEAP}]}, [1, 3]),
    ],
)
def test_conditions_are_combined(condition, rows):
    assert shown(condition) == rows


@pytest.mark.parametrize(
    ("condition", "pointer", "told"),
    [
        ({"field": "weight", "eq": 1}, "/filter/field", "colour, price"),
        ({"field": "price", "eq": "1"}, "/filter/eq", "a number"),
        ({"field": "price", "in": [1, "2"]}, "/filter/in", "a number"),
        ({"field": "colour", "gt": 1}, "/filter/gt", "text"),
        (
            {"and": [RED, {"or": [DEAR, {"field": "price", "lt": "x"}]}]},
            "/filter/and/1/or/1/lt",
            "a number",
        ),
        ({"not": {"and": [{"field": "Colour", "eq": "x"}]}}, "/filter/not/and/0/field", "'Colour'"),
    ],
)
def test_an_error_points_at_its_place(condition, pointer, told):
    with pytest.raises(InvalidRequest, match=told) as raised:
        shown(condition)
    assert [error["pointer"] for error in raised.value.extensions["errors"]] == [pointer]


def test_a_catalogue_without_fields_says_so():
    bare = Catalogue(["a"], ["A"], {}, np.zeros(1), np.ones(1, bool))
    with pytest.raises(InvalidRequest, match="it has: none"):
        mask_of(Condition.model_validate(RED), bare)


def nested(depth: int, kind: str) -> dict:
    condition = RED
    for _ in range(depth - 1):
        condition = {kind: condition if kind == "not" else [condition]}
    return condition


@pytest.mark.parametrize("kind", ["not", "and", "or"])
def test_the_depth_has_a_limit(kind):
    assert shown(nested(MAX_FILTER_DEPTH, kind)) in ([0, 3], [1, 2])
    with pytest.raises(LimitExceeded) as raised:
        shown(nested(MAX_FILTER_DEPTH + 1, kind))
    told = raised.value.extensions
    assert (told["limit"], told["allowed"], told["received"]) == (
        "filter depth",
        MAX_FILTER_DEPTH,
        MAX_FILTER_DEPTH + 1,
    )
    assert told["pointer"].count(kind) == MAX_FILTER_DEPTH


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"field": "price"},
        {"field": "price", "eq": None},
        {"field": "price", "lt": 1, "gt": 0},
        {"eq": 1},
        {"field": "price", "eq": 1, "not": RED},
        {"and": [RED], "or": [RED]},
        {"and": [RED], "eq": 1},
        {"and": []},
        {"or": []},
        {"field": "price", "in": []},
        {"field": "price", "in": [0] * 1_001},
        {"and": [RED] * 51},
        {"field": "price", "between": 1},
        {"not": [RED]},
    ],
)
def test_what_is_no_condition_is_refused(condition):
    with pytest.raises(ValidationError):
        Condition.model_validate(condition)


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ({"field": "price", "eq": True}, ("eq",)),
        ({"field": "price", "lt": [1]}, ("lt",)),
        ({"field": "price", "in": [1, {"a": 1}]}, ("in", 1)),
        ({"and": [RED, {"field": "price", "gte": {}}]}, ("and", 1, "gte")),
    ],
)
def test_a_value_of_another_type_is_one_error_at_its_place(condition, place):
    for check in (
        lambda: Condition.model_validate(condition),
        lambda: Condition.model_validate_json(json.dumps(condition)),
    ):
        with pytest.raises(ValidationError) as raised:
            check()
        assert [error["loc"] for error in raised.value.errors()] == [place]


NUMBERS = st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False, width=32)
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=4)
FEW_TEXTS = st.sampled_from(["", "a", "b", "ab", "ä", "😀"]) | TEXTS


def comparisons(field: str, values: st.SearchStrategy) -> st.SearchStrategy[dict]:
    one = st.sampled_from(sorted(set(COMPARISONS) - {"in"}))
    return st.one_of(
        st.builds(lambda name, value: {"field": field, name: value}, one, values),
        st.builds(
            lambda wanted: {"field": field, "in": wanted},
            st.lists(values, min_size=1, max_size=4),
        ),
    )


def combined(parts: st.SearchStrategy[dict]) -> st.SearchStrategy[dict]:
    several = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda part: {"not": part}, parts),
        st.builds(lambda some: {"and": some}, several),
        st.builds(lambda some: {"or": some}, several),
    )


SIMPLE = comparisons("price", NUMBERS) | comparisons("colour", FEW_TEXTS)
CONDITIONS = SIMPLE | combined(SIMPLE | combined(SIMPLE | combined(SIMPLE)))
ROWS = st.lists(st.tuples(NUMBERS | st.just(NAN), FEW_TEXTS), min_size=1, max_size=8)


def passes(condition: dict, item: dict) -> bool:
    if "not" in condition:
        return not passes(condition["not"], item)
    if "and" in condition:
        return all(passes(part, item) for part in condition["and"])
    if "or" in condition:
        return any(passes(part, item) for part in condition["or"])
    ((name, wanted),) = ((n, value) for n, value in condition.items() if n != "field")
    return COMPARISONS[name](item[condition["field"]], wanted)


@given(condition=CONDITIONS, rows=ROWS)
def test_the_mask_is_what_plain_python_finds(condition, rows):
    prices, colours = zip(*rows, strict=True)
    found = mask_of(Condition.model_validate(condition), catalogue(list(prices), list(colours)))
    expected = [passes(condition, {"price": float(p), "colour": c}) for p, c in rows]
    assert found.tolist() == expected
