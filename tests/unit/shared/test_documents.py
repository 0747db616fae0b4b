"""JSON from outside: read, or refused with its cause."""

import json

import pytest

from shared.documents import pointer, read_json
from shared.errors import MalformedJson


@pytest.mark.parametrize(
    ("location", "expected"),
    [((), ""), (("texts", 0), "/texts/0"), (("a/b~c", "d"), "/a~1b~0c/d")],
)
def test_places_are_json_pointers(location, expected):
    assert pointer(location) == expected


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('{"text": "ä"}'.encode("latin-1"), "byte 10 is not UTF-8"),
        (b"[" * 100_000, "too deeply"),
        (b"[" + b"1" * 5_000 + b"]", "too many digits"),
        (b"{", "Expecting property name"),
        ("[" * 100_000, "too deeply"),
        ("", "Expecting value"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_cause(body, why):
    with pytest.raises(MalformedJson, match=why):
        read_json(body)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_is_read(encoding):
    assert read_json(json.dumps({"a": "ä"}, ensure_ascii=False).encode(encoding)) == {"a": "ä"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"text": "a", "text": "b"}', "/text"),
        ('{"text": "a", "t\\u0065xt": "a"}', "/text"),
        ('{"history": [{"item_id": "1"}, {"item_id": "2", "x": 1, "item_id": "2"}]}',
         "/history/1/item_id"),
        ('[{"a": {"b": [], "c/d": {}, "c/d": {}}}]', "/0/a/c~1d"),
        ('{"a": {"a": 1}, "b": {"a": 1}, "b": 2}', "/b"),
        ("[" * 500 + '{"": 1, "": 2}' + "]" * 500, "/0" * 128 + "…"),
        (json.dumps({"k" * 9_000: 1})[:-1] + f', "{"k" * 9_000}": 2}}', "/" + "k" * 255 + "…"),
    ],
)  # fmt: skip
def test_a_key_that_comes_twice_is_named_with_its_place(text, place):
    for body in (text, text.encode(), text.encode("utf-16")):
        with pytest.raises(MalformedJson) as raised:
            read_json(body)
        assert [error["pointer"] for error in raised.value.extensions["errors"]] == [place]
        assert raised.value.detail.startswith(f"{place}: comes twice")
        assert raised.value.status == 400


def test_one_key_in_several_objects_is_none_that_comes_twice():
    document = {"a": {"a": [{"a": 1}, {"a": 1}]}, "b": {"a": "a"}, "A": 1}
    assert read_json(json.dumps(document)) == document
