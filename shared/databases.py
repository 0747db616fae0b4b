"""Connections to DynamoDB and SQLite, with their failures as this product's errors."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from shared.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource

_CONNECT_TIMEOUT_S = 2
_READ_TIMEOUT_S = 5
MAX_CONNECTIONS = 16  # of one process


class SqliteFile:
    """One SQLite file, safe with several processes (write-ahead log).

    Args:
        path: the file; its folder is made when missing.
        store: what it is, for errors.
        schema: the statement that makes its table where that is not there.

    Raises:
        StoreUnavailable: the file cannot be opened.
    """

    def __init__(self, path: Path, store: str, schema: str) -> None:
        self._path, self._store = path, store
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            self._make(schema)
        with self.transaction() as connection:
            connection.execute(schema)

    def _make(self, schema: str) -> None:
        """Put a whole new file in place, unless another process is first.

        SQLite cannot wait for others while it changes a file's journal mode: no other process
        may see the file before that.
        """
        with tempfile.TemporaryDirectory(dir=self._path.parent, prefix=".new-") as folder:
            new = Path(folder) / self._path.name
            connection = sqlite3.connect(new)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(schema)
            connection.close()
            with suppress(FileExistsError):
                self._path.hardlink_to(new)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection whose statements are kept when all of them succeed.

        Raises:
            StoreUnavailable: the file does not answer.
        """
        try:
            connection = sqlite3.connect(self._path, timeout=_READ_TIMEOUT_S)
            try:
                # With the write-ahead log this loses nothing when a process dies.
                connection.execute("PRAGMA synchronous = NORMAL")
                with connection:
                    yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"The {self._store} did not answer: {error}.") from error


def dynamo_resource() -> "DynamoDBServiceResource":
    """A DynamoDB resource with short timeouts and few retries."""
    import boto3  # noqa: PLC0415 - 160 ms that only a process with a table should pay
    from botocore.config import Config  # noqa: PLC0415

    return boto3.resource(
        "dynamodb",
        config=Config(
            connect_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=_READ_TIMEOUT_S,
            max_pool_connections=MAX_CONNECTIONS,
            retries={"mode": "standard", "max_attempts": 4},
        ),
    )


@contextmanager
def dynamo_errors(store: str) -> Iterator[None]:
    """What boto3 raises, as `StoreUnavailable` that names the store."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable(f"The {store} did not answer ({type(error).__name__}).") from error
