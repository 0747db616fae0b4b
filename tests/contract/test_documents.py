"""Documents by name, in either store."""

import pytest

from shared.errors import StillRunning
from shared.settings import Settings
from shared.stores.documents import Documents
from tests.aws import in_memory, make_table


@pytest.fixture(params=["sqlite", "dynamo"])
def settings(request, tmp_path, monkeypatch):
    if request.param == "sqlite":
        yield Settings(results_db=tmp_path / "results.db")
        return
    with in_memory(monkeypatch):
        make_table("results", "id")
        yield Settings(results_table="results")


@pytest.fixture
def documents(settings):
    return Documents(settings, "note", 60)


def test_a_document_is_kept_replaced_and_removed(documents, settings):
    assert documents.read("a") is None
    documents.write("a", {"n": 0.5, "text": "ü", "none": None})
    assert Documents(settings, "note", 60).read("a") == {"n": 0.5, "text": "ü", "none": None}
    documents.write("a", [1])
    assert documents.read("a") == [1]
    documents.remove("a")
    documents.remove("a")
    assert documents.read("a") is None


def test_names_and_kinds_do_not_meet(documents, settings):
    documents.write("a", 1)
    Documents(settings, "other", 60).write("a", 2)
    documents.write("b", 3)
    assert [documents.read("a"), documents.read("b")] == [1, 3]


def test_a_document_expires(settings):
    short = Documents(settings, "note", -1)
    short.write("a", 1)
    assert short.read("a") is None


def test_one_alone_changes_a_document(documents, settings):
    other = Documents(settings, "note", 60)
    with documents.changing("a"):
        with pytest.raises(StillRunning), other.changing("a"):
            pytest.fail("both change it")
        with other.changing("b"):
            pass
        documents.write("a", 1)
    with other.changing("a"):
        assert other.read("a") == 1
    with pytest.raises(ZeroDivisionError), documents.changing("a"):
        _ = 1 / 0
    with other.changing("a"):
        pass
