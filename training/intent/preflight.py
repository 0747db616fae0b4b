"""What can be found wrong before a training starts, beside the data. Imports without torch."""

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shared.models.spec import Label
from training.errors import DataError
from training.folders import check_out
from training.intent.config import Options
from training.intent.examples import DataWarning


def read_labels(path: Path | None, names: Sequence[str]) -> list[Label]:
    """Descriptions and examples of the labels from a JSON file, bare names where it has none.

    Args:
        path: ``{intent: {"description": ..., "examples": [...]}}``, or None.
        names: labels in the order of the logits.

    Raises:
        DataError: the file is missing, no JSON, or of another shape.
    """
    texts = _read_object(path) if path else {}
    try:
        return [Label(name=name, **texts.get(name, {})) for name in names]
    except (TypeError, ValidationError) as error:
        raise DataError(
            f'{path}: each intent needs the form {{"description": "...", "examples": ["..."]}}: '
            f"{error}"
        ) from error


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}.") from error
    except ValueError as error:
        raise DataError(f"{path}: not JSON in UTF-8: {error}.") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: must be one JSON object, {{intent: {{...}}}}.")
    return content


def read_golden(path: Path) -> list[str]:
    """Texts that int8 must decide as fp32 does, one a line; the first is the warm-up.

    Raises:
        DataError: the file is missing, not UTF-8, or has no text.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as UTF-8 text: {error}.") from error
    texts = [line.strip() for line in lines if line.strip()]
    if not texts:
        raise DataError(f"{path}: no golden text in it; put one a line.")
    return texts


def check_options(options: Options, labels: Sequence[str]) -> None:
    """Everything about the options that would otherwise fail after the training.

    Raises:
        DataError: a file or folder that an option names cannot be used.
    """
    read_labels(options.labels, labels)
    unknown = sorted(set(_read_object(options.labels)) - set(labels)) if options.labels else []
    if unknown:
        message = f"{options.labels}: intents that the training data has not: {', '.join(unknown)}"
        warnings.warn(message, DataWarning, 2)
    if options.golden:
        read_golden(options.golden)
    check_out(options.out)
