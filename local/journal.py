"""What a command has done so far, so that it can go on after it was stopped or killed."""

import fcntl
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local.command import CommandError

Entry = dict[str, Any]


class Journal:
    """Entries, one JSON line each, after a line that names the job; for one process at a time.

    Args:
        path: of the journal; it is made when missing.
        job: fingerprint of the input and the options.
        anew: forget what is in it.

    Attributes:
        count: of the entries.

    Raises:
        CommandError: the file is of another job, or another process writes it.
    """

    def __init__(self, path: Path, job: str, *, anew: bool = False) -> None:
        self._path = path
        self._stream = path.open("a+b")
        try:
            self._lock()
            if anew:
                self._stream.truncate(0)
            self.count = self._continue(job)
        except BaseException:
            self._stream.close()
            raise

    def _lock(self) -> None:
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(
                f"{self._path} is in use: another process works on this job. Wait for its end."
            ) from error

    def _continue(self, job: str) -> int:
        lines = self._cut_to_whole_lines()
        if not lines:
            self._write([{"job": job}])
            return 0
        self._stream.seek(0)
        if json.loads(self._stream.readline()).get("job") != job:
            raise CommandError(
                f"{self._path} is of another input or of other options: delete it, or give "
                "another name for the output."
            )
        return lines - 1

    def _cut_to_whole_lines(self) -> int:
        """Drop a last line that was cut short; how many lines are left."""
        self._stream.seek(0)
        lines = size_bytes = 0
        for line in self._stream:
            if line.endswith(b"\n"):
                lines, size_bytes = lines + 1, size_bytes + len(line)
        self._stream.truncate(size_bytes)
        return lines

    def _write(self, entries: Sequence[Mapping[str, Any]]) -> None:
        lines = [json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries]
        self._stream.write("".join(lines).encode())
        self._stream.flush()

    def add(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Keep more entries."""
        self._write(entries)
        self.count += len(entries)

    def entries(self) -> Iterator[Entry]:
        """All entries, in order."""
        with self._path.open("rb") as stream:
            stream.readline()
            yield from map(json.loads, stream)

    def delete(self) -> None:
        """Remove the file: its work is done."""
        self._path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stream.close()
