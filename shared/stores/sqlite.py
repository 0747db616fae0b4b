"""SQLite files that several processes share, with their failures as this product's errors."""

import sqlite3
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from shared.errors import StoreUnavailable

_TIMEOUT_S = 5.0  # of waiting for another process


class SqliteFile:
    """One SQLite file, safe with several processes (write-ahead log), and its owner's alone.

    Args:
        path: the file; its folder is made when missing.
        store: what it is, for errors.
        schema: the statements that make its table and indices where those are not there.

    Raises:
        StoreUnavailable: the file cannot be opened.
    """

    def __init__(self, path: Path, store: str, *schema: str) -> None:
        self._path, self._store = path, store
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                self._make(schema)
        except (OSError, sqlite3.Error) as error:
            raise self._unavailable(error) from error
        # Connections that no transaction has now. To open one takes longer than most transactions,
        # and the last one to close writes the log into the file and waits for the disk.
        self._idle: list[sqlite3.Connection] = []
        weakref.finalize(self, _close, self._idle)
        with self.transaction() as connection:
            for statement in schema:
                connection.execute(statement)

    def _make(self, schema: Sequence[str]) -> None:
        """Put a whole new file in place, unless another process is first.

        SQLite cannot wait for others while it changes a file's journal mode: no other process
        may see the file before that.
        """
        with tempfile.TemporaryDirectory(dir=self._path.parent, prefix=".new-") as folder:
            new = Path(folder) / self._path.name
            connection = sqlite3.connect(new)
            connection.execute("PRAGMA journal_mode = WAL")
            for statement in schema:
                connection.execute(statement)
            connection.close()
            new.chmod(0o600)  # the log takes it over
            with suppress(FileExistsError):
                self._path.hardlink_to(new)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection whose statements are kept when all of them succeed.

        Raises:
            StoreUnavailable: the file does not answer.
        """
        try:
            connection = self._connection()
            try:
                with connection:
                    yield connection
            except sqlite3.Error:
                connection.close()
                raise
            except BaseException:
                self._idle.append(connection)
                raise
            self._idle.append(connection)
        except sqlite3.Error as error:
            raise self._unavailable(error) from error

    def _connection(self) -> sqlite3.Connection:
        """An idle connection, or a new one where all are in use: each has one thread at a time."""
        try:
            return self._idle.pop()
        except IndexError:
            connection = sqlite3.connect(self._path, timeout=_TIMEOUT_S, check_same_thread=False)
            try:
                # With the write-ahead log this loses nothing when a process dies.
                connection.execute("PRAGMA synchronous = NORMAL")
            except sqlite3.Error:
                connection.close()
                raise
            return connection

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        return StoreUnavailable(f"The {self._store} did not answer: {error}.")


def _close(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()
