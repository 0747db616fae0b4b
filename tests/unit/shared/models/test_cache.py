import errno
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ModelAltered, ModelNotKept, StoreUnavailable
from shared.models.cache import LOCK_FILE, ModelCache


@dataclass
class Files:
    """A download of one file that needs no network."""

    folder_name: str
    size_bytes: int
    fetched: list[str] = field(default_factory=list)

    @property
    def content(self):
        return self.folder_name[:1].encode() * self.size_bytes

    def fetch(self, folder: Path) -> None:
        self.fetched.append(self.folder_name)
        (folder / "file").write_bytes(self.content)

    def verify(self, folder: Path) -> None:
        if (folder / "file").read_bytes() != self.content:
            raise ModelAltered(f"{folder} is altered.")


class Broken(Files):
    def fetch(self, folder: Path) -> None:
        super().fetch(folder)
        raise ModelAltered("The object is altered.")


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != LOCK_FILE)


def serve(cache, download):
    """Lease and end at once, as a process that has ended did."""
    lease = cache.lease(download)
    lease.end()
    return lease.folder


def test_a_download_is_fetched_once(tmp_path):
    cache, files = ModelCache(tmp_path / "new" / "cache", 100), Files("a", 10)
    folders = {serve(cache, files) for _ in range(3)}
    assert folders == {tmp_path / "new" / "cache" / "a"}
    assert files.fetched == ["a"]


def test_the_longest_unused_models_make_room(tmp_path):
    cache = ModelCache(tmp_path, 100)
    for age_s, name in ((30, "a"), (20, "b"), (10, "c")):
        folder = serve(cache, Files(name, 30))
        os.utime(folder, (time.time() - age_s, time.time() - age_s))
    serve(cache, Files("a", 30))  # used again
    serve(cache, Files("d", 60))
    assert names(tmp_path) == ["a", "d"]


def test_a_model_that_is_served_stays(tmp_path):
    cache = ModelCache(tmp_path, 100)
    lease = cache.lease(Files("a", 60))
    with pytest.raises(ModelNotKept, match="being served fill 60 of the 100"):
        cache.lease(Files("b", 60))
    assert names(tmp_path) == ["a"]
    lease.end()
    serve(cache, Files("b", 60))
    assert names(tmp_path) == ["b"]


def test_a_model_that_another_process_serves_stays(tmp_path):
    cache = ModelCache(tmp_path, 100)
    serve(cache, Files("a", 60))
    code = (
        "import sys, pathlib; from shared.models.cache import Lease\n"
        "lease = Lease(pathlib.Path(sys.argv[1])); print('served', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"served\n"
        with pytest.raises(ModelNotKept):
            cache.lease(Files("b", 60))
        process.kill()
    serve(cache, Files("b", 60))
    assert names(tmp_path) == ["b"]


def test_a_model_above_the_budget_is_refused_before_it_is_fetched(tmp_path):
    cache, files = ModelCache(tmp_path, 100), Files("b", 101)
    serve(cache, Files("a", 90))
    with pytest.raises(ModelNotKept, match=r"101 bytes.*MODEL_CACHE_BYTES") as raised:
        cache.lease(files)
    assert not raised.value.retryable
    assert (files.fetched, names(tmp_path)) == ([], ["a"])


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), max_size=12))
def test_the_budget_holds_whatever_is_served(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("cache")
    cache = ModelCache(folder, 100)
    held = []
    for name, keep in steps:
        size_bytes = 7 * (ord(name) - ord("a") + 1)
        try:
            lease = cache.lease(Files(name, size_bytes))
        except ModelNotKept:
            files = {lease.folder / "file" for lease in held}
            assert size_bytes + sum(path.stat().st_size for path in files) > 100
            continue
        if keep:
            held.append(lease)
        else:
            lease.end()
        assert all((lease.folder / "file").exists() for lease in [lease, *held])
        assert sum(path.stat().st_size for path in folder.rglob("file")) <= 100
    for lease in held:
        lease.end()


def test_an_altered_model_is_fetched_again(tmp_path):
    cache, files = ModelCache(tmp_path, 100), Files("a", 60)
    (serve(cache, files) / "file").write_bytes(b"b" * 60)
    assert (serve(cache, files) / "file").read_bytes() == files.content
    assert files.fetched == ["a", "a"]
    assert names(tmp_path) == ["a"]


def test_what_cannot_be_fetched_leaves_nothing(tmp_path):
    with pytest.raises(ModelAltered):
        ModelCache(tmp_path, 100).lease(Broken("a", 10))
    assert names(tmp_path) == []


def test_what_a_dead_process_left_is_removed(tmp_path):
    (tmp_path / ".new-dead").mkdir()
    (tmp_path / ".new-dead" / "file").write_bytes(b"x" * 1_000)
    serve(ModelCache(tmp_path, 100), Files("a", 100))
    assert names(tmp_path) == ["a"]


def test_another_process_that_takes_too_long_is_reported(tmp_path):
    cache = ModelCache(tmp_path, 100, wait_s=0.1)
    with cache._locked(), pytest.raises(StoreUnavailable, match="Another process"):
        cache.lease(Files("a", 10))
    serve(cache, Files("a", 10))


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ModelNotKept, match="MODEL_CACHE_DIR"):
        ModelCache(tmp_path / "file" / "cache", 100).lease(Files("a", 10))


def test_a_full_disk_is_told_apart(tmp_path):
    class Full(Files):
        def fetch(self, folder: Path) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ModelNotKept, match="no room left"):
        ModelCache(tmp_path, 100).lease(Full("a", 10))
    assert names(tmp_path) == []
