"""A folder of downloaded models: whole or not there, under a byte budget, for many processes.

Every model is a folder of its own, named for its content. Two kinds of lock keep processes apart:

- one on the cache, held while a model is looked for, fetched and put in place, so that of two
  processes that start at once the second waits for the first's files;
- one on each model's folder, shared by the processes that serve it until they end or serve
  another one, so that nothing is removed under them.

The kernel drops both when a process dies. What it left half done has a hidden name, and the next
one to hold the cache's lock removes it.
"""

import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from shared.errors import ModelAltered, ModelMissing, ModelNotKept, StoreUnavailable
from shared.process.telemetry import logger

LOCK_FILE = ".lock"
_HIDDEN = ".new-"
_WAIT_S = 60.0
_POLL_S = 0.05


class Download(Protocol):
    """Models that can be fetched."""

    @property
    def folder_name(self) -> str:
        """Of the cached folder; other content has another name."""

    @property
    def size_bytes(self) -> int:
        """Of all files together."""

    def fetch(self, folder: Path) -> None:
        """Write the files into an empty folder, and verify them.

        Raises:
            ModelError: they are not what they should be.
            StoreUnavailable: they cannot be had now.
        """

    def verify(self, folder: Path) -> None:
        """Compare a folder with what `fetch` writes.

        Raises:
            ModelAltered: a file has another content.
            ModelMissing: a file is not there.
        """


class Lease:
    """A cached folder that is not removed before the lease ends.

    Args:
        folder: of one download.

    Attributes:
        folder: the same.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def end(self) -> None:
        os.close(self._descriptor)


class ModelCache:
    """The cache in one folder.

    Args:
        folder: made when missing.
        budget_bytes: most that all its files may have.
        wait_s: how long to wait for another process that fetches a model.
    """

    def __init__(self, folder: Path, budget_bytes: int, wait_s: float = _WAIT_S) -> None:
        self._folder, self._budget_bytes, self._wait_s = folder, budget_bytes, wait_s

    def lease(self, download: Download) -> Lease:
        """A folder with the download's files, fetched unless an unaltered one is there.

        Raises:
            ModelError: the models cannot be fetched, or not be kept here.
            StoreUnavailable: they cannot be fetched now, or another process takes too long to.
        """
        folder = self._folder / download.folder_name
        try:
            with self._locked():
                if not self._holds(folder, download):
                    self._make_room(download)
                    self._put(folder, download)
                os.utime(folder)  # the order of removal
                return Lease(folder)
        except OSError as error:
            raise ModelNotKept(_failure(self._folder, error)) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the cache alone, without what dead processes left in it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / LOCK_FILE).open("w") as file:
            self._wait(file.fileno())
            for left in self._folder.glob(f"{_HIDDEN}*"):
                shutil.rmtree(left)
            yield

    def _wait(self, descriptor: int) -> None:
        end = time.monotonic() + self._wait_s
        while not _lock(descriptor):
            if time.monotonic() > end:
                raise StoreUnavailable(
                    f"Another process has been fetching a model into {self._folder} for "
                    f"{self._wait_s:.0f} s. Try again when it is done."
                )
            time.sleep(_POLL_S)

    def _holds(self, folder: Path, download: Download) -> bool:
        if not folder.is_dir():
            return False
        try:
            download.verify(folder)
        except (ModelAltered, ModelMissing) as error:
            logger.warning("cached model was altered", extra={"problem": error.problem()})
            self._remove(folder)
            return False
        return True

    def _put(self, folder: Path, download: Download) -> None:
        start = time.perf_counter()
        partial = Path(tempfile.mkdtemp(prefix=_HIDDEN, dir=self._folder))
        try:
            download.fetch(partial)
            partial.rename(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        logger.info(
            "model fetched",
            extra={
                "model": folder.name,
                "size_bytes": download.size_bytes,
                "ms": round((time.perf_counter() - start) * 1e3),
            },
        )

    def _make_room(self, download: Download) -> None:
        """Remove models that no process serves, the longest unused first, as far as needed."""
        needed = download.size_bytes
        if needed > self._budget_bytes:
            raise ModelNotKept(
                f"{download.folder_name} has {needed:,} bytes; {self._folder} may hold "
                f"{self._budget_bytes:,}. Raise MODEL_CACHE_BYTES, and in Lambda the size of its "
                "temporary storage with it, or serve a smaller model."
            )
        used = {folder: _size_bytes(folder) for folder in self._oldest_first()}
        for folder in tuple(used):
            if needed + sum(used.values()) > self._budget_bytes and not _is_served(folder):
                self._remove(folder)
                del used[folder]
        if needed + sum(used.values()) > self._budget_bytes:
            raise ModelNotKept(
                f"{download.folder_name} has {needed:,} bytes, and models that are being served "
                f"fill {sum(used.values()):,} of the {self._budget_bytes:,} in {self._folder}. "
                "Raise MODEL_CACHE_BYTES, or give each service its own folder (MODEL_CACHE_DIR)."
            )

    def _oldest_first(self) -> list[Path]:
        folders = (path for path in self._folder.iterdir() if not path.name.startswith("."))
        return sorted(folders, key=lambda path: path.stat().st_mtime)

    def _remove(self, folder: Path) -> None:
        """Take a folder away at once, so that a process that dies here leaves no half of it."""
        hidden = Path(tempfile.mkdtemp(prefix=_HIDDEN, dir=self._folder))
        folder.rename(hidden / folder.name)
        shutil.rmtree(hidden)


def _lock(descriptor: int) -> bool:
    """Whether nobody else holds a file or a folder, which is locked now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_served(folder: Path) -> bool:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        return not _lock(descriptor)
    finally:
        os.close(descriptor)


def _size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _failure(folder: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"{folder} has no room left for the model. Raise the size of Lambda's temporary "
            "storage, or lower MODEL_CACHE_BYTES so that former models are removed in time."
        )
    return (
        f"{folder} cannot hold models ({error}). Name a folder in MODEL_CACHE_DIR that this "
        "process may write."
    )
