import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.errors import StoreUnavailable
from shared.stores import sqlite
from shared.stores.sqlite import SqliteFile

TABLE = "CREATE TABLE IF NOT EXISTS words (word TEXT PRIMARY KEY)"
INDEX = "CREATE INDEX IF NOT EXISTS by_word ON words (word)"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "deeper" / "words.db"


@pytest.fixture
def file(path):
    return SqliteFile(path, "store of words", TABLE)


def insert(file, *words):
    with file.transaction() as connection:
        connection.executemany("INSERT INTO words VALUES (?)", [(word,) for word in words])


def insert_and_fail(file, word):
    with file.transaction() as connection:
        connection.execute("INSERT INTO words VALUES (?)", (word,))
        raise KeyError(word)


def words(file):
    with file.transaction() as connection:
        return [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word")]


def test_a_transaction_is_kept_whole(file):
    insert(file, "a", "b")
    assert words(file) == ["a", "b"]


def test_of_a_transaction_that_fails_nothing_is_kept(file):
    insert(file, "a")
    with pytest.raises(StoreUnavailable, match=r"store of words did not answer: UNIQUE"):
        insert(file, "b", "a")
    with pytest.raises(KeyError):
        insert_and_fail(file, "c")
    assert words(file) == ["a"]


def test_a_file_is_made_whole_and_nothing_else_stays_in_its_folder(file, path):
    assert {found.name.removeprefix(path.name) for found in path.parent.iterdir()} <= {
        "",
        "-shm",
        "-wal",
    }


def test_a_file_that_another_process_made_first_keeps_what_is_in_it(file, path):
    insert(file, "a")
    late = SqliteFile(path, "store of words", TABLE)
    late._make((TABLE,))  # as where the other one came between the look and the making
    assert words(late) == words(file) == ["a"]


def test_what_a_newer_schema_adds_is_made_in_an_older_file(file, path):
    insert(file, "a")
    newer = SqliteFile(path, "store of words", TABLE, INDEX)
    with newer.transaction() as connection:
        named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall()
    assert ("by_word",) in named
    assert words(newer) == ["a"]


def test_readers_are_not_kept_waiting_by_a_writer(file):
    insert(file, "a")
    with file.transaction() as connection:
        connection.execute("INSERT INTO words VALUES ('b')")
        assert words(file) == ["a"]
    assert words(file) == ["a", "b"]


def test_a_writer_that_is_kept_waiting_too_long_is_told(path, monkeypatch):
    monkeypatch.setattr(sqlite, "_TIMEOUT_S", 0.05)
    file = SqliteFile(path, "store of words", TABLE)
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked") as raised:
        insert(file, "a")
    assert raised.value.retryable
    other.close()
    insert(file, "a")
    assert words(file) == ["a"]


def test_the_end_of_a_transaction_does_not_write_the_log_into_the_file(file, path):
    """That waits for the disk; it is left to the end of the process."""
    insert(file, "a")
    before = path.read_bytes()
    insert(file, *map(str, range(50)))
    assert path.read_bytes() == before
    assert Path(f"{path}-wal").stat().st_size > 0


def test_a_connection_is_used_again(file):
    with file.transaction() as first:
        pass
    with file.transaction() as second, file.transaction() as third:
        assert second is first
        assert third is not first


def test_a_connection_is_as_new_after_a_transaction_that_fails(file):
    with pytest.raises(KeyError):
        insert_and_fail(file, "a")
    with file.transaction() as connection:
        assert not connection.in_transaction
        connection.execute("BEGIN IMMEDIATE")


def test_threads_write_at_once(file):
    names = [[f"{thread}-{number}" for number in range(20)] for thread in range(8)]

    def write(own):
        for name in own:
            insert(file, name)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, names))
    assert words(file) == sorted(name for own in names for name in own)


def test_no_connection_stays_open_behind_the_file(path):
    file = SqliteFile(path, "store of words", TABLE)
    insert(file, "a")
    with file.transaction() as kept:
        pass
    del file
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        kept.execute("SELECT 1")
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_folder_that_cannot_be_a_file_is_named(tmp_path):
    with pytest.raises(StoreUnavailable, match="store of words"):
        SqliteFile(tmp_path, "store of words", TABLE)


def test_a_file_its_log_and_its_folder_are_their_owners_alone(path):
    former = os.umask(0o022)
    try:
        file = SqliteFile(path, "store of words", TABLE)
        insert(file, "one")
    finally:
        os.umask(former)
    made = sorted(path.parent.iterdir())
    assert [one.name for one in made] == ["words.db", "words.db-shm", "words.db-wal"]
    assert [stat.S_IMODE(one.stat().st_mode) for one in made] == [0o600] * 3
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
