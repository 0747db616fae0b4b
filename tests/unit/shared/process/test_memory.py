import ctypes
from pathlib import Path

from shared.process import memory


def test_what_was_freed_is_handed_back():
    kept = [bytearray(40_000) for _ in range(1_000)]
    resident = _resident_bytes()
    del kept[:-1]  # the last one keeps the heap's end from being given back without being asked
    memory.release_freed()
    assert _resident_bytes() < resident - 20_000_000


def test_a_c_library_that_cannot_do_it_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert not memory.release_freed()


def _resident_bytes():
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4_096
