"""Terminologies: their limits, and that one alone changes what is kept."""

import random

import pytest

from functions.translation.terminology.kept import (
    MOST_PACKED_BYTES,
    MOST_TERMINOLOGIES,
    Terminologies,
    UnknownTerminology,
)
from functions.translation.terminology.reading import read_terms, written
from shared.errors import LimitExceeded, StillRunning
from shared.settings import Settings
from shared.stores.documents import Documents
from shared.stores.records import MAX_ITEM_BYTES

FILE = b"en,de,fr\nCloud Runner,Wolke 7,\nred,rot,rouge\n"


@pytest.fixture
def documents(tmp_path):
    return Documents(Settings(results_db=tmp_path / "results.db"), "terminology", 60)


@pytest.fixture
def kept(documents):
    return Terminologies(documents)


def keep(kept, name="shop", content=FILE, directionality="UNI"):
    return kept.keep(name, content, "CSV", directionality, None)


def test_only_so_many_are_kept(kept):
    for number in range(MOST_TERMINOLOGIES):
        keep(kept, f"n{number}")
    with pytest.raises(LimitExceeded):
        keep(kept, "one-more")
    keep(kept, "n0")  # which is there already
    kept.forget("n1")
    keep(kept, "one-more")
    assert len(kept.listed()) == MOST_TERMINOLOGIES


def test_a_file_is_no_larger_than_the_table_takes(kept):
    letters = random.Random(1)
    rows = (f"{letters.getrandbits(600):x},{letters.getrandbits(600):x}\n" for _ in range(2_000))
    content = b"en,de\n" + "".join(rows).encode()
    with pytest.raises(LimitExceeded) as raised:
        keep(kept, content=content)
    assert raised.value.extensions["allowed"] == MOST_PACKED_BYTES < MAX_ITEM_BYTES
    assert kept.listed() == []


def test_what_another_is_changing_is_left_alone(kept, documents):
    keep(kept)
    with documents.changing("*"):
        with pytest.raises(StillRunning):
            keep(kept, "other")
        with pytest.raises(StillRunning):
            kept.forget("shop")
    assert [about.name for about in kept.listed()] == ["shop"]


def test_an_unknown_one_is_answered_with_the_known(kept):
    keep(kept)
    with pytest.raises(UnknownTerminology, match="shop"):
        kept.read("other")


def test_directions(kept):
    keep(kept)
    one_way = kept.read("shop")
    assert [it.target for it in one_way.glossary("a red Cloud Runner", "en", "de")] == [
        "Wolke 7",
        "rot",
    ]
    assert [it.target for it in one_way.glossary("a red Cloud Runner", "en", "fr")] == ["rouge"]
    assert one_way.glossary("rot", "de", "en") == []
    keep(kept, directionality="MULTI")
    both = kept.read("shop")
    assert [it.target for it in both.glossary("rot", "de", "fr")] == ["rouge"]
    assert both.glossary("rot", "de", "it") == both.glossary("rot", "de", "de") == []


def test_a_file_comes_back_as_it_came_and_in_the_other_form(kept):
    keep(kept)
    found = kept.read("shop")
    assert found.content == FILE
    assert read_terms(written(found.terms, "TSV"), "TSV") == found.terms


def test_a_byte_order_mark_and_quotes_are_read():
    terms = read_terms('\ufeffEN,de\n"a ""b"", c","x, y"\n'.encode(), "CSV")
    assert (terms.languages, terms.rows) == (["en", "de"], [['a "b", c', "x, y"]])
