"""The state of a training in a file, from which it goes on after an interruption."""

from collections.abc import Sequence
from pathlib import Path

import torch

from training.errors import DataError

CHECKPOINT_FILE = "checkpoint.pt"


class Checkpoint:
    """One training's state on disk.

    Args:
        folder: where it is kept.
        data: fingerprint of the examples that are learned from.
        parts: the trainer's attributes that have a state of their own: model, optimizer and the
            like.
        progress: its attributes that are kept as they are.
    """

    def __init__(
        self, folder: Path, data: str, parts: Sequence[str], progress: Sequence[str]
    ) -> None:
        self._path = folder / CHECKPOINT_FILE
        self._data, self._parts, self._progress = data, parts, progress

    def save(self, trainer: object) -> None:
        """Replace the file as a whole: an interruption leaves the old one or the new one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        states = {name: getattr(trainer, name).state_dict() for name in self._parts}
        progress = {name: getattr(trainer, name) for name in self._progress}
        partial = self._path.with_name(f"{CHECKPOINT_FILE}.partial")
        torch.save({"data": self._data, **states, **progress}, partial)
        partial.replace(self._path)

    def resume(self, trainer: object, device: torch.device) -> bool:
        """Give a trainer the saved state, where one was saved.

        Args:
            trainer: that goes on.
            device: that loaded tensors go to.

        Raises:
            DataError: it is of a training on other data.
        """
        if not self._path.exists():
            return False
        state = torch.load(self._path, map_location=device, weights_only=False)
        if state.pop("data", self._data) != self._data:
            raise DataError(
                f"{self._path} is of a training on other data, so it cannot be resumed. Leave "
                "--resume out to start over, or give another --work-dir."
            )
        for name in self._parts:
            getattr(trainer, name).load_state_dict(state.pop(name))
        for name in self._progress:
            setattr(trainer, name, state.pop(name))
        return True
