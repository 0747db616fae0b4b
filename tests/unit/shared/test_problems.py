"""Validation errors as this product's errors."""

import json
import tracemalloc

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.errors import InvalidRequest, LimitExceeded, MalformedJson
from shared.problems import invalid_request, parse


class Inner(BaseModel):
    number: int


class Outer(BaseModel):
    parts: list[Inner] = Field([], alias="a/b~c")
    word: str = "none"

    @field_validator("word")
    @classmethod
    def _is_short(cls, word: str) -> str:
        if len(word) > 5:
            raise ValueError("must be short")
        return word


@pytest.mark.parametrize("payload", ['{"word": "one"}', b'{"word": "one"}', {"word": "one"}])
def test_text_and_values_are_read_alike(payload):
    assert parse(Outer, payload).word == "one"


@pytest.mark.parametrize("text", ["", "{", b"\xff", '{"word": "a"} x'])
def test_what_is_not_json_is_told_as_that(text):
    with pytest.raises(MalformedJson, match="The body is not JSON") as raised:
        parse(Outer, text)
    assert raised.value.status == 400


def test_every_misfit_is_named_with_its_place_and_none_is_quoted():
    with pytest.raises(InvalidRequest) as raised:
        parse(Outer, {"a/b~c": [{"number": 1}, {"number": "secret"}], "word": "confidential"})
    error = raised.value
    assert [item["pointer"] for item in error.extensions["errors"]] == [
        "/a~1b~0c/1/number",
        "/word",
    ]
    assert error.extensions["errors"][1]["detail"] == "must be short"
    assert "/word: must be short" in error.detail
    assert "secret" not in str(error.problem())
    assert "confidential" not in str(error.problem())
    assert error.__cause__ is None


def test_a_misfit_of_the_whole_says_so():
    with pytest.raises(InvalidRequest, match=r"^the body: "):
        parse(Outer, [])


def test_leading_parts_of_places_can_be_left_out():
    found = [{"type": "missing", "loc": ("body", "word"), "msg": "Field required"}]
    assert invalid_request(found, skip=1).extensions["errors"] == [
        {"pointer": "/word", "detail": "Field required"}
    ]


class Many(BaseModel):
    model_config = ConfigDict(extra="forbid")
    numbers: list[int] = []


@pytest.mark.parametrize(
    "payload",
    [{"numbers": ["x"] * 5_000}, {"k" * 9_000 + str(n): 0 for n in range(25)}],
)
def test_many_errors_are_listed_in_part_and_counted(payload):
    with pytest.raises(InvalidRequest) as raised:
        parse(Many, payload)
    problem = raised.value.problem()
    count = len(payload.get("numbers", payload))
    assert (len(problem["errors"]), problem["further_errors"]) == (20, count - 20)
    assert len(json.dumps(problem)) < 20_000


class _Numbers(BaseModel):
    model_config = ConfigDict(extra="forbid")
    numbers: list[int] = []


MANY = {
    "a list": {"numbers": ["x"] * 60_000},
    "an object": {f"k{n}": 1 for n in range(25_000)},
    "lists of lists": {"numbers": [["x"] * 100] * 300},
}


@pytest.mark.parametrize("document", MANY.values(), ids=list(MANY))
def test_what_has_very_many_values_is_refused_before_each_is_looked_at(document):
    text = json.dumps(document)
    for payload in (document, text, text.encode()):
        tracemalloc.start()
        with pytest.raises(LimitExceeded, match="values; at most 20,000"):
            parse(_Numbers, payload)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak_bytes < 20_000_000


def test_commas_of_a_text_are_no_values():
    class Text(BaseModel):
        text: str

    assert parse(Text, json.dumps({"text": "," * 50_000})).text == "," * 50_000
    with pytest.raises(MalformedJson):
        parse(Text, "{" + "," * 50_000)
