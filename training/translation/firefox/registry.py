"""Mozilla's registry of models: which files a pair has, and how they are fetched.

The registry is a JSON document: ``baseUrl``, and under ``models`` for each pair a list of models
with their ``architecture``, ``releaseStatus`` and ``files``: of each its ``path`` and, where it is
known, the SHA-256 that it has unpacked.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.errors import DataError
from training.translation.firefox.download import Remote, fetch, read_url
from training.translation.firefox.options import ARCHITECTURES
from training.translation.firefox.sources import PairFiles, split_pair

_RELEASED = "Release"
_MODEL, _LEXICON, _VOCABULARY = "model", "lexicalShortlist", "vocab"
_SIDES = ("srcVocab", "trgVocab")


def from_registry(
    pair: str, registry: str, folder: Path, architecture: str | None = None
) -> PairFiles:
    """Fetch a pair; what is there already is kept, what was cut short goes on.

    Args:
        pair: such as ``en-de``.
        registry: address of the JSON document.
        folder: that files are kept in.
        architecture: one of `ARCHITECTURES`; the smallest that is released where none is named.

    Raises:
        DataError: the registry or a file cannot be had, the pair is not in it, or a file is not
            what the registry states.
    """
    source, target = split_pair(pair)
    try:
        document = json.loads(read_url(registry))
        models, base = document["models"], document["baseUrl"].rstrip("/")
        entry = _choose(models, pair, architecture)
        remotes = {
            name: Remote(f"{base}/{file['path']}", file.get("uncompressedHash"))
            for name, file in entry["files"].items()
            if name in (_MODEL, _LEXICON, _VOCABULARY, *_SIDES)
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{registry} is no registry of Firefox's models: {error!r}") from error
    wanted = [_MODEL, *([_VOCABULARY] if _VOCABULARY in remotes else _SIDES)]
    if missing := [name for name in wanted if name not in remotes]:
        raise DataError(f"{registry} names no {', '.join(missing)} of {pair}.")
    place = folder / pair / str(entry.get("architecture", "unknown"))
    files = {name: fetch(remote, place) for name, remote in remotes.items()}
    sides = (_VOCABULARY, _VOCABULARY) if _VOCABULARY in files else _SIDES
    return PairFiles(
        source,
        target,
        files[_MODEL],
        (files[sides[0]], files[sides[1]]),
        files.get(_LEXICON),
        f"{registry}, {entry.get('architecture', 'unknown')}",
        version=str(entry.get("hash") or entry.get("version") or "unknown"),
        figures=entry.get("metrics"),
    )


def _choose(
    models: Mapping[str, list[Mapping[str, Any]]], pair: str, architecture: str | None
) -> Mapping[str, Any]:
    """The model of a pair that is to be had: a released one, and of these the smallest."""
    if pair not in models:
        raise DataError(f"The registry has no {pair}; it has {', '.join(sorted(models))}.")
    wanted = (architecture,) if architecture else ARCHITECTURES
    found = [entry for entry in models[pair] if entry.get("architecture") in wanted]
    if not found:
        shown = ", ".join(str(entry.get("architecture")) for entry in models[pair])
        raise DataError(f"The registry has {pair} as {shown}, not as {' or '.join(wanted)}.")
    return min(
        found,
        key=lambda entry: (
            entry.get("releaseStatus", "").split(" ")[0] != _RELEASED,
            wanted.index(entry["architecture"]),
        ),
    )
