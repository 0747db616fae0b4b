"""Putting a finished model folder in its place, with what it replaces kept for undoing."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import ServiceError
from shared.models.folder import PREVIOUS_SUFFIX, SPEC_FILE
from shared.models.spec import ModelSpec, read_spec, verify_files
from training.errors import DataError


def check_out(out: Path) -> None:
    """Refuse a place that publishing could not replace without loss.

    Raises:
        DataError: ``out`` holds something that is no model folder.
    """
    if not out.exists():
        return
    if not out.is_dir() or (any(out.iterdir()) and not (out / SPEC_FILE).exists()):
        raise DataError(
            f"{out} is neither a model folder nor empty; give another --out, so that nothing of "
            "yours is replaced."
        )


@contextmanager
def folder_aside(out: Path) -> Iterator[Path]:
    """A new folder beside ``out`` to write a model into; deleted where that fails."""
    out.parent.mkdir(parents=True, exist_ok=True)
    built = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    built.chmod(0o755)
    try:
        yield built
    finally:
        shutil.rmtree(built, ignore_errors=True)


def put_in_place(built: Path, out: Path) -> Path | None:
    """Move a finished folder to ``out``; what lay there is kept beside it.

    Returns:
        The folder that now holds the former model, or None where there was none.
    """
    previous = None
    out.parent.mkdir(parents=True, exist_ok=True)
    if (out / SPEC_FILE).exists():
        previous = out.with_name(out.name + PREVIOUS_SUFFIX)
        shutil.rmtree(previous, ignore_errors=True)
        out.rename(previous)
    elif out.exists():
        out.rmdir()
    built.rename(out)
    return previous


def verified(folder: Path, task: str) -> ModelSpec:
    """The spec of a served folder that is to be rewritten, its files being as it states.

    Raises:
        DataError: it is no served model, altered, or for another task.
    """
    try:
        spec = read_spec(folder)
        verify_files(folder, spec)
    except ServiceError as error:
        raise DataError(f"--model {folder} is no model that can be rewritten: {error}") from error
    if spec.task != task:
        raise DataError(f"--model {folder} is for {spec.task}; only {task} models are rewritten.")
    return spec
