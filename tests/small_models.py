"""Model folders of a few bytes that are whole: for what moves models, and runs none."""

import random
from pathlib import Path

from shared.models.spec import ModelSpec, describe_files, read_spec, write_spec
from shared.settings import get_settings


def small_model(folder: Path, size_bytes: int = 1_000, seed: int = 0) -> ModelSpec:
    """Write a model folder with ``weights.bin`` of a size, and a file in a folder of its own."""
    (folder / "texts").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(random.Random(seed).randbytes(size_bytes))
    (folder / "texts" / "words.txt").write_text("one two\n")
    files = describe_files(folder, ["weights.bin", "texts/words.txt"])
    like = read_spec(get_settings().model_dir("intent"))
    spec = like.model_copy(update={"name": folder.name, "files": files})
    return write_spec(folder, spec)
