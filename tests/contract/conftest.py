"""What the contracts of several stores stand on."""

import pytest

from tests.aws import in_memory, make_table

HISTORY_TABLE = "history"


@pytest.fixture
def dynamo(monkeypatch):
    """An account in memory with the table of histories and items."""
    with in_memory(monkeypatch):
        make_table(HISTORY_TABLE, "user", "event")
        yield


@pytest.fixture(params=["sqlite", "dynamo"])
def kind(request):
    """One kind of store after the other; its table is there."""
    if request.param == "dynamo":
        request.getfixturevalue("dynamo")
    return request.param


@pytest.fixture
def history_db(tmp_path):
    """Where one machine keeps histories and items: in a folder that is not there yet."""
    return tmp_path / "deep" / "history.db"
