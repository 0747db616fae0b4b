"""Write models of an earlier format of spec.json in this one, whose version covers all of the spec.

    python -m local.seal_model layers/models
    python -m local.seal_model layers/models/intent --mentions README.md docs/models/intent.md

In format 1 the version was a hash of the files alone: labels, thresholds and limits could be
changed under it. The files are compared with their hashes first; what else the spec states is taken
as it is, so seal only what you trust. ``--mentions`` names texts in which the former version is
replaced by the new one. A model that is in this format already is left alone.
"""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console

from local.command import CommandError, exit_code
from shared.models.folder import SPEC_FILE, model_folders
from shared.models.spec import FORMAT, VERSION_DIGITS, ModelSpec, verify_files, write_spec


def seal(folder: Path) -> tuple[ModelSpec, ModelSpec]:
    """Write a folder's spec in this format.

    Returns:
        The spec as it was, and as it is.

    Raises:
        CommandError: it is no spec, or its version is not that of its files.
        ModelError: a file is not what the spec states.
    """
    path = folder / SPEC_FILE
    try:
        former = ModelSpec.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise CommandError(f"{path} is no model spec: {error}") from error
    if former.format == FORMAT:
        return former, former
    if former.version != _version_of_files(former):
        raise CommandError(f"{path} does not state the version of its files: it was changed.")
    verify_files(folder, former)
    return former, write_spec(folder, former.model_copy(update={"format": FORMAT}))


def _version_of_files(spec: ModelSpec) -> str:
    """What the version is in format 1."""
    joined = "".join(f"{name}:{entry.sha256}\n" for name, entry in sorted(spec.files.items()))
    return hashlib.sha256(joined.encode()).hexdigest()[:VERSION_DIGITS]


def replace_mentions(texts: Sequence[Path], former: str, version: str) -> list[Path]:
    """Put a version in place of a former one; the texts in which it stood."""
    changed = []
    for path in texts:
        text = path.read_text(encoding="utf-8")
        if former in text:
            path.write_text(text.replace(former, version), encoding="utf-8")
            changed.append(path)
    return changed


def run(args: argparse.Namespace, console: Console) -> None:
    """Seal every model of a folder.

    Raises:
        CommandError: one cannot be sealed.
        ModelError: one is not what its spec states.
    """
    for folder in model_folders(args.folder).values():
        former, spec = seal(folder)
        if spec is former:
            console.print(f"{folder}: {spec.identifier} is in format {FORMAT} already")
            continue
        console.print(f"{folder}: {former.identifier} is {spec.identifier} now, {spec.digest}")
        for path in replace_mentions(args.mentions, former.version, spec.version):
            console.print(f"  {path}")


def main(argv: list[str] | None = None) -> int:
    """Seal models; 0 when it is done, 2 where one cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m local.seal_model",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="of one model, or of several")
    parser.add_argument(
        "--mentions", type=Path, nargs="+", default=[], help="texts that name the former version"
    )
    args = parser.parse_args(argv)
    return exit_code(lambda: run(args, Console(stderr=True)), "models not yet sealed are as before")


if __name__ == "__main__":
    sys.exit(main())
