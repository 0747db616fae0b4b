import json
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from shared.texts import UnicodeText, WholeNumber, choices, matching


class Message(BaseModel):
    text: UnicodeText


class Counted(BaseModel):
    count: WholeNumber


@given(st.text())  # of whole characters only
def test_whole_characters_are_taken_as_they_are(text):
    assert Message(text=text).text == text
    assert Message.model_validate_json(json.dumps({"text": text})).text == text


@pytest.mark.parametrize("half", [chr(0xD83D), chr(0xDE00)])
@pytest.mark.parametrize("before", ["", "ok ", "\U0001f600 "])
def test_half_of_a_surrogate_pair_is_refused_with_its_place(before, half):
    with pytest.raises(ValidationError, match=rf"at character {len(before)}: send whole"):
        Message(text=f"{before}{half} more")


def test_a_pair_that_json_escapes_is_one_character():
    assert Message(**json.loads('{"text": "\\ud83d\\ude00"}')).text == "\U0001f600"


def test_what_is_no_text_is_refused():
    with pytest.raises(ValidationError, match="string"):
        Message.model_validate({"text": 1})


@pytest.mark.parametrize(("given", "taken"), [("10", 10), ("10.0", 10), ("-0.0", 0), ("1e2", 100)])
def test_a_whole_number_is_one_however_json_writes_it(given, taken):
    counted = Counted.model_validate_json(f'{{"count": {given}}}')
    assert (counted.count, type(counted.count)) == (taken, int)
    assert Counted.model_validate(json.loads(f'{{"count": {given}}}')) == counted


@pytest.mark.parametrize("given", ['"10"', "true", "10.5", "1e400", "NaN", "null", "[1]"])
def test_what_is_no_whole_number_is_refused(given):
    with pytest.raises(ValidationError):
        Counted.model_validate_json(f'{{"count": {given}}}')
    with pytest.raises(ValidationError):
        Counted.model_validate(json.loads(f'{{"count": {given}}}'))


def test_choices_are_what_json_schema_tells_apart():
    schema = {"oneOf": choices(("a", "b", "c"), ["a"], ["b", "c"])}
    fits = Draft202012Validator(schema).is_valid
    assert fits({"a": 1})
    assert fits({"a": 1, "b": None})
    assert fits({"b": 1, "c": 1, "a": None})
    for misfit in ({}, {"a": None}, {"a": 1, "b": 1}, {"b": 1}, {"a": 1, "b": 1, "c": 1}):
        assert not fits(misfit)


NAME = r"^[A-Za-z_][\w.-]{0,63}$"
OURS = TypeAdapter(Annotated[str, *matching(NAME)])
PYDANTICS = TypeAdapter(Annotated[str, Field(pattern=NAME)])


def outcome(adapter, text):
    """What is taken, or what is said of it."""
    try:
        return adapter.validate_python(text)
    except ValidationError as error:
        return [(found["type"], found["msg"], found["loc"]) for found in error.errors()]


# Superscripts, number signs, marks that combine and joiners are letters to one of both alone.
OF_ONE = ["Cf", "Cn", "Co", "Cs", "Mc", "Me", "Mn", "Nl", "No", "Pc", "So"]
AGREED = st.characters(exclude_categories=OF_ONE)
TEXTS = st.one_of(st.text(AGREED, max_size=70), st.from_regex(NAME, alphabet=AGREED))


@given(st.one_of(TEXTS, TEXTS.map("{}\n".format)))
def test_a_pattern_takes_and_says_what_pydantics_own_does(text):
    assert outcome(OURS, text) == outcome(PYDANTICS, text)


@pytest.mark.parametrize("text", ["a", "größe", "a" * 64, "a" * 65, "1a", "", "a b", "a\n", "_.-"])
def test_a_pattern_holds_for_the_whole_text(text):
    assert outcome(OURS, text) == outcome(PYDANTICS, text)


def test_a_pattern_is_documented_as_pydantics_own_is():
    assert OURS.json_schema() == PYDANTICS.json_schema()
