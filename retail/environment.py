"""What commands find around them: packages, the training environment, imported models."""

import importlib.util
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TRAINING_PYTHON = ROOT / ".venv-train" / "bin" / "python"
IMPORTED_MODELS = ROOT / "layers" / "models-extra" / "translation"
UNUSABLE = 2
EXTRA_MODELS = "TRANSLATION_EXTRA_MODELS"
# glibc gives large blocks back to the kernel after each step; keeping them makes steps faster.
TRAINING_SETTINGS = {
    "MALLOC_MMAP_THRESHOLD_": "4000000000",
    "MALLOC_TRIM_THRESHOLD_": "8000000000",
    "MALLOC_TOP_PAD_": "200000000",
    "TOKENIZERS_PARALLELISM": "false",
}


@dataclass(frozen=True)
class Needs:
    """Packages that a command cannot do without.

    Attributes:
        modules: by the names that are imported.
        what: the need in words, as the subject of a sentence.
        remedy: how to get them.
        training: whether the training environment has them.
    """

    modules: tuple[str, ...]
    what: str
    remedy: str
    training: bool = False


TRAINING = Needs(
    ("torch", "transformers", "onnx", "sklearn", "scipy"),
    "Training",
    "make test-training sets up .venv-train, which this command then uses by itself; or install "
    "them here: pip install '.[training]'",
    training=True,
)
FIREFOX = Needs(
    ("onnx", "sacrebleu", "sentencepiece", "yaml", "zstandard"),
    "Importing Firefox's models",
    "pip install '.[firefox]'",
)
SCORES = Needs(("sacrebleu",), "Measuring translations", "pip install '.[firefox]'")


def missing(needs: Needs) -> list[str]:
    """Modules that are not installed here; none is imported."""
    return [name for name in needs.modules if importlib.util.find_spec(name) is None]


def run_elsewhere(
    needs: Needs, lacking: Sequence[str], module: str, arguments: Sequence[str]
) -> int:
    """Go on in the training environment where that is there, else say how to get what is missing.

    Args:
        needs: of the command.
        lacking: what of it is missing here.
        module: that does the command.
        arguments: for it.

    Returns:
        2; it does not return where another program takes this process's place.
    """
    if needs.training and TRAINING_PYTHON.exists():
        command = [str(TRAINING_PYTHON), "-m", module, *arguments]
        print(f"in {TRAINING_PYTHON.parent.parent.name}: python -m {module}", file=sys.stderr)
        sys.stdout.flush()
        os.execve(command[0], command, TRAINING_SETTINGS | os.environ)  # noqa: S606
    print(
        f"error: {needs.what} needs {', '.join(lacking)}, not installed in {sys.prefix}. "
        f"To get it: {needs.remedy}.",
        file=sys.stderr,
    )
    return UNUSABLE


def offer_imported_models() -> None:
    """Serve the models that were imported into the checkout, unless others are named."""
    if EXTRA_MODELS not in os.environ and any(IMPORTED_MODELS.glob("*/spec.json")):
        os.environ[EXTRA_MODELS] = str(IMPORTED_MODELS)
