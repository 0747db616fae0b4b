"""The shop copy that translation models learn from: whole lines, and the same figures in each."""

import re
from collections import Counter

import pytest

from training.translation.domains import COLUMNS, COPY_TEXTS
from training.translation.pairs import read_tsv

PATHS = sorted(COPY_TEXTS.glob("*.tsv"))


@pytest.fixture(scope="module", params=PATHS, ids=[path.stem for path in PATHS])
def rows(request):
    return read_tsv(request.param)


def figures(text):
    return Counter(re.findall(r"\d", text))


def test_each_line_has_every_language(rows):
    assert len(rows) > 100
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert all(text.strip() == text and text for row in rows for text in row)


def test_all_languages_tell_the_same_figures(rows):
    told = [row for row in rows if any(figures(text) != figures(row[0]) for text in row)]
    assert told == []


def test_no_text_comes_twice():
    counts = Counter(row[0] for path in PATHS for row in read_tsv(path))
    assert [text for text, count in counts.items() if count > 1] == []


def test_questions_are_questions_in_each_language(rows):
    told = [row for row in rows if row[3].count("¿") != row[3].count("?")]
    assert told == []
