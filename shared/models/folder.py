"""Model folders: where they are and what is in them, without reading their specs."""

import hashlib
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

from shared.errors import ModelMissing

SPEC_FILE = "spec.json"
MODEL_FILE = "model.onnx"  # of a model that is a single graph
TOKENIZER_FILE = "tokenizer.json"
PREVIOUS_SUFFIX = ".previous"  # of the folder that a newly published model replaced


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    if not path.stat().st_size:
        return hashlib.sha256().hexdigest()  # nothing can be mapped
    # In one piece: a thread that hashes by blocks asks for the interpreter before each, and where
    # another imports it waits milliseconds for it.
    with path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as content:
        return hashlib.sha256(content).hexdigest()


def is_aside(name: str) -> bool:
    """Whether a folder of this name, and what is in it, is no model in use."""
    return name.startswith(".") or name.endswith(PREVIOUS_SUFFIX)


def _models_below(folder: Path) -> Iterator[Path]:
    """Model folders in ``folder`` at any depth, in order; none inside of another."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not is_aside(path.name):
            if (path / SPEC_FILE).exists():
                yield path
            else:
                yield from _models_below(path)


def model_folders(folder: Path) -> dict[str, Path]:
    """The models that a service serves from ``folder``, in the order of their names.

    Returns:
        ``folder`` by its own name where it is a model; else the model folders in it, each by its
        path below it. Former models are left out.

    Raises:
        ModelMissing: there is none.
    """
    if (folder / SPEC_FILE).exists():
        return {folder.name: folder}
    found = _models_below(folder) if folder.is_dir() else iter(())
    folders = {path.relative_to(folder).as_posix(): path for path in found}
    if not folders:
        raise ModelMissing(
            f"No model at {folder}: neither it nor a folder in it has a {SPEC_FILE}. Point the "
            "model setting at a folder written by a training or import command."
        )
    return folders
