"""A training's state in a file."""

from types import SimpleNamespace

import pytest
import torch

from training.checkpoints import CHECKPOINT_FILE, Checkpoint
from training.errors import DataError

CPU = torch.device("cpu")


def trainer(value):
    """Any object with a part and its progress will do."""
    model = torch.nn.Linear(1, 1)
    torch.nn.init.constant_(model.weight, value)
    return SimpleNamespace(model=model, step=int(value), history=[value], seconds=value)


@pytest.fixture
def checkpoint(tmp_path):
    return Checkpoint(tmp_path / "deep", "these", ("model",), ("step", "history"))


def test_where_nothing_was_saved_a_trainer_is_left_as_it_is(checkpoint):
    fresh = trainer(1.0)
    assert not checkpoint.resume(fresh, CPU)
    assert fresh.step == 1


def test_what_was_saved_comes_back_and_the_rest_stays(checkpoint):
    checkpoint.save(trainer(2.0))
    resumed = trainer(1.0)
    assert checkpoint.resume(resumed, CPU)
    assert (resumed.step, resumed.history, resumed.seconds) == (2, [2.0], 1.0)
    assert resumed.model.weight.item() == 2.0


def test_the_file_has_each_under_its_own_name(checkpoint, tmp_path):
    checkpoint.save(trainer(2.0))
    state = torch.load(tmp_path / "deep" / CHECKPOINT_FILE, weights_only=False)
    assert set(state) == {"data", "model", "step", "history"}
    assert state["data"] == "these"
    assert set(state["model"]) == {"weight", "bias"}


def test_of_other_data_nothing_is_taken(checkpoint, tmp_path):
    checkpoint.save(trainer(2.0))
    other, fresh = Checkpoint(tmp_path / "deep", "those", ("model",), ("step",)), trainer(1.0)
    with pytest.raises(DataError, match="other data"):
        other.resume(fresh, CPU)
    assert fresh.step == 1


def test_an_interrupted_save_leaves_the_old_file(checkpoint, monkeypatch):
    checkpoint.save(trainer(2.0))

    def fail(state, path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(trainer(3.0))
    resumed = trainer(1.0)
    assert checkpoint.resume(resumed, CPU)
    assert resumed.step == 2
