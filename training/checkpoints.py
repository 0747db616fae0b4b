"""The state of a training in a file, from which it goes on after an interruption."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from training.errors import DataError

CHECKPOINT_FILE = "checkpoint.pt"


class Checkpoint:
    """One training's state on disk.

    Args:
        folder: where it is kept.
        data: fingerprint of the examples that are learned from.
        parts: by name, what has a state of its own: model, optimizer and the like.
        device: that loaded tensors go to.
    """

    def __init__(
        self, folder: Path, data: str, parts: Mapping[str, Any], device: torch.device
    ) -> None:
        self._path = folder / CHECKPOINT_FILE
        self._data, self._parts, self._device = data, parts, device

    def save(self, progress: Mapping[str, Any]) -> None:
        """Replace the file as a whole: an interruption leaves the old one or the new one.

        Args:
            progress: everything that `load` shall return.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        states = {name: part.state_dict() for name, part in self._parts.items()}
        partial = self._path.with_name(f"{CHECKPOINT_FILE}.partial")
        torch.save({"data": self._data, **states, **progress}, partial)
        partial.replace(self._path)

    def load(self) -> dict[str, Any] | None:
        """Give the parts their saved state.

        Returns:
            The saved progress, or None where nothing was saved.

        Raises:
            DataError: it is of a training on other data.
        """
        if not self._path.exists():
            return None
        state = torch.load(self._path, map_location=self._device, weights_only=False)
        if state.pop("data", self._data) != self._data:
            raise DataError(
                f"{self._path} is of a training on other data, so it cannot be resumed. Leave "
                "--resume out to start over, or give another --work-dir."
            )
        for name, part in self._parts.items():
            part.load_state_dict(state.pop(name))
        return dict(state)
