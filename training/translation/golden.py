"""Sentences that must come out right, with every translation that is right."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from shared.models.spec import ModelSpec
from training.errors import DataError
from training.translation.pairs import read_tsv

DEFAULT = Path(__file__).parent / "golden.tsv"
SEPARATOR = " | "


class Example(NamedTuple):
    """A golden sentence; ``accepted`` are its right translations, none where none is known."""

    source: str
    source_language: str
    target_language: str
    accepted: tuple[str, ...]


def read_golden(path: Path, languages: Sequence[str], targets: Sequence[str]) -> list[Example]:
    """The examples of a file that a model with these languages serves.

    Args:
        path: lines of source language, target language, text, translations between " | ".
        languages: that the model reads.
        targets: that it writes.

    Raises:
        DataError: a line has another number of columns.
    """
    examples = []
    for number, row in enumerate(read_tsv(path), 1):
        if len(row) != 4:
            raise DataError(
                f"{path}:{number} has {len(row)} columns; it must have four: source language, "
                "target language, text, accepted translations"
            )
        source, target, text, accepted = row
        if source in languages and target in targets:
            examples.append(Example(text, source, target, tuple(accepted.split(SEPARATOR))))
    return examples


def wrong_golden(spec: ModelSpec, examples: Sequence[Example]) -> list[str]:
    """Golden sentences that came out as none of their accepted translations."""
    return [
        f"{example.source_language}-{example.target_language}: {example.source} -> {output}"
        for example, output in zip(examples, spec.golden.outputs, strict=True)
        if example.accepted and output not in example.accepted
    ]
