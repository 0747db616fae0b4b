"""Files fetched over HTTP: gone on with where they were cut off, unpacked, and checked."""

import gzip
import hashlib
import http.client
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import zstandard

from training.errors import DataError

TRIES = 4
TIMEOUT_S = 60
_BLOCK = 2**18
_RESUMED, _NO_SUCH_RANGE = 206, 416


@dataclass(frozen=True)
class Remote:
    """A file, packed or not, and the SHA-256 of what is in it where that is known."""

    url: str
    sha256: str | None = None

    @property
    def packed_name(self) -> str:
        return PurePosixPath(self.url.partition("?")[0]).name

    @property
    def name(self) -> str:
        """Of the file that is unpacked."""
        return self.packed_name.removesuffix(".gz").removesuffix(".zst")


def read_url(url: str) -> bytes:
    """A small document.

    Raises:
        DataError: it cannot be had.
    """
    try:
        with _open(url) as answer:
            return answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise DataError(f"{url} cannot be fetched: {error}") from error


def fetch(remote: Remote, folder: Path) -> Path:
    """A file in a folder, unpacked; one that is there and unaltered is not fetched again.

    Raises:
        DataError: it cannot be had, or is not what it should be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, packed = folder / remote.name, folder / f"{remote.packed_name}.part"
    if path.exists() and remote.sha256 in (None, _sha256(path)):
        return path
    _download(remote.url, packed)
    unpacked = folder / f"{remote.name}.new"
    try:
        _unpack(packed, remote.packed_name, unpacked)
    except (OSError, EOFError, zstandard.ZstdError) as error:
        packed.unlink()
        raise DataError(f"{remote.url} is damaged ({error}). Run the command again.") from error
    packed.unlink()
    found = _sha256(unpacked)
    if remote.sha256 not in (None, found):
        unpacked.unlink()
        raise DataError(
            f"{remote.url} holds a file with SHA-256 {found}; the registry states {remote.sha256}. "
            "Run the command again; if it comes out the same, the registry is at fault."
        )
    unpacked.replace(path)
    return path


def _download(url: str, path: Path) -> None:
    """Fetch into a file; after a break go on behind what it holds."""
    for left in reversed(range(TRIES)):
        try:
            _go_on(url, path)
        except (OSError, http.client.HTTPException) as error:
            refused = isinstance(error, urllib.error.HTTPError) and 400 <= error.code < 500
            if refused or not left:
                raise DataError(f"{url} cannot be fetched: {error}") from error
        else:
            return


def _go_on(url: str, path: Path) -> None:
    held = path.stat().st_size if path.exists() else 0
    try:
        with _open(url, held) as answer, path.open("ab") as file:
            if answer.status != _RESUMED:
                file.truncate(0)  # the server sends all of it
            shutil.copyfileobj(answer, file, _BLOCK)
            if answer.length:  # so much was announced and did not come
                raise http.client.IncompleteRead(b"", answer.length)
    except urllib.error.HTTPError as error:
        if error.code != _NO_SUCH_RANGE:
            raise
        # What is held is all there is; whether it is right shows when it is unpacked.


@contextmanager
def _open(url: str, start: int = 0) -> Iterator[http.client.HTTPResponse]:
    if not url.startswith(("https://", "http://")):
        raise DataError(f"{url} is no address; it must begin with https:// or http://.")
    headers = {"Range": f"bytes={start}-"} if start else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme was checked
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - the same
        yield answer


def _unpack(packed: Path, name: str, out: Path) -> None:
    with packed.open("rb") as raw, out.open("wb") as file:
        shutil.copyfileobj(_reader(raw, name), file, _BLOCK)


def _reader(raw: IO[bytes], name: str) -> Any:
    if name.endswith(".gz"):
        return gzip.GzipFile(fileobj=raw)
    if name.endswith(".zst"):
        return zstandard.ZstdDecompressor().stream_reader(raw)
    return raw


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
