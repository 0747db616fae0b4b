import numpy as np
import pytest

from functions.translation.decoding import workspace
from functions.translation.decoding.workspace import Workspace

SHAPES = {"keys": (2, 3, 4), "logits": (5,)}


def test_arrays_have_the_shapes_asked_for_and_do_not_overlap():
    with Workspace().lend(SHAPES) as lent:
        assert {name: array.shape for name, array in lent.items()} == SHAPES
        lent["keys"][:], lent["logits"][:] = 1.0, 2.0
        assert (lent["keys"] == 1.0).all()
        assert (lent["logits"] == 2.0).all()
        assert all(a.flags.c_contiguous and a.dtype == np.float32 for a in lent.values())


def test_the_same_memory_is_lent_again_also_after_an_error():
    def fail():
        with space.lend({"keys": (24,), "logits": (5,)}) as lent:
            assert (lent["logits"] == 7.0).all()
            raise ZeroDivisionError

    space = Workspace()
    with space.lend(SHAPES) as lent:
        lent["logits"][:] = 7.0
    with pytest.raises(ZeroDivisionError):
        fail()
    with space.lend(SHAPES) as lent:
        assert (lent["logits"] == 7.0).all()


def test_two_batches_at_once_share_nothing():
    space = Workspace()
    with space.lend(SHAPES):
        pass
    with space.lend(SHAPES) as first, space.lend(SHAPES) as second:
        assert not np.shares_memory(first["keys"], second["keys"])
        assert not np.shares_memory(first["logits"], second["logits"])


def test_a_large_block_is_given_back(monkeypatch):
    monkeypatch.setattr(workspace, "KEPT_BYTES", 100)
    space = Workspace()
    with space.lend({"logits": (25,)}) as lent:
        kept = lent["logits"]
    with space.lend({"logits": (26,)}) as lent:
        large = lent["logits"]
        assert not np.shares_memory(kept, large)
    with space.lend({"logits": (20,)}) as lent:
        assert not np.shares_memory(lent["logits"], large)
