import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.recommendation.conditions import Condition
from functions.recommendation.event_requests import HistoryEvent
from functions.recommendation.identifiers import LATEST_TIMESTAMP


@given(st.none() | st.integers(0, int(LATEST_TIMESTAMP)) | st.floats(0, LATEST_TIMESTAMP))
def test_seconds_are_taken_as_they_are(timestamp):
    assert HistoryEvent(item_id="a", timestamp=timestamp).timestamp == timestamp


@pytest.mark.parametrize(
    "timestamp",
    [1_700_000_000_000, LATEST_TIMESTAMP + 1, -0.001, float("inf"), float("nan"), "today", [1]],
)
def test_what_is_no_timestamp_is_told_what_one_is(timestamp):
    with pytest.raises(ValidationError) as raised:
        HistoryEvent(item_id="a", timestamp=timestamp)
    (error,) = raised.value.errors()
    assert error["loc"] == ("timestamp",)
    assert "seconds, not milliseconds" in error["msg"]
    assert "from 0 to 4102444800" in error["msg"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("form", ["eq", "lt", "in"])
def test_a_filter_compares_with_finite_numbers_alone(value, form):
    wanted = [value] if form == "in" else value
    with pytest.raises(ValidationError, match="finite"):
        Condition.model_validate({"field": "price", form: wanted})
