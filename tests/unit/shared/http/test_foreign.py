"""Bodies of other products' clients."""

import pytest
from pydantic import BaseModel

from shared.errors import InvalidRequest, MalformedJson
from shared.http.foreign import read_foreign
from shared.http.messages import FORM, JSON
from shared.operations import Operation


class Note(BaseModel):
    text: str
    count: int = 1


ROW = Operation("note", "/notes", Note, Note, lambda _, notes: notes, "")


@pytest.mark.parametrize(
    ("body", "media_type", "expected"),
    [
        (b'{"text": "a b"}', JSON, Note(text="a b")),
        (b'{"text": "a b"}', "", Note(text="a b")),
        (b"text=a+b&count=2", FORM, Note(text="a b", count=2)),
        (b"text=", FORM, Note(text="")),
        (b"text=gr%C3%BC%C3%9Fe", FORM, Note(text="grüße")),
    ],
)
def test_json_and_forms_are_read(body, media_type, expected):
    assert read_foreign(ROW, body, media_type) == expected


def test_what_is_neither_is_refused():
    with pytest.raises(MalformedJson):
        read_foreign(ROW, b"text=a", JSON)
    with pytest.raises(MalformedJson):
        read_foreign(ROW, b"", JSON)


@pytest.mark.parametrize("body", [b"text=first&text=second", b"text=\xff", b"text=caf%E9"])
def test_a_form_that_could_only_be_guessed_at_is_refused(body):
    with pytest.raises(InvalidRequest, match="form"):
        read_foreign(ROW, body, FORM)


def test_a_form_that_does_not_fit_is_told_by_field():
    with pytest.raises(InvalidRequest) as raised:
        read_foreign(ROW, b"count=many", FORM)
    places = [item["pointer"] for item in raised.value.extensions["errors"]]
    assert places == ["/text", "/count"]


def test_a_field_that_nothing_reads_may_be_repeated():
    assert read_foreign(ROW, b"text=a&csrf=1&csrf=2", FORM) == Note(text="a")
