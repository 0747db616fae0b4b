import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from shared.texts import UnicodeText


class Message(BaseModel):
    text: UnicodeText


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
