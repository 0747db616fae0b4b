"""Put a model folder into S3, from where functions serve it; or go back to a former release.

    retail publish --model build/models/mine --to s3://bucket/models/intent
    retail publish --to s3://bucket/models/intent --rollback RELEASE

The folder is first compared with its spec.json. Its files go to TO/.releases/RELEASE/, named for
what is in them, so that no release overwrites another one's; TO/spec.json, which says what is
served, is written last and in one piece. Functions that start from then on serve the new model:
set INTENT_MODEL_DIR (or TRANSLATION_..., RECOMMENDATION_...) to TO. A folder of several models, as
of translation, is published model by model, each below TO under its own name.

Undo: the command prints the one that goes back to what was served before. Rolling back writes
TO/spec.json alone; every release stays until you delete its folder.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from local.command import CommandError, add_json, command_parser, exit_code, print_json
from shared.aws import s3_client
from shared.errors import ModelAltered
from shared.locations import S3Location, parse_location
from shared.models.folder import SPEC_FILE, model_folders
from shared.models.releases import (
    RELEASES,
    list_objects,
    model_places,
    read_object,
    read_release,
    release_place,
)
from shared.models.spec import ModelSpec, parse_spec, read_spec, verify_files

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Publication:
    """One model that goes to one place.

    Attributes:
        raw: bytes of its ``spec.json``.
        former: the release that is served there now.
    """

    folder: Path
    place: S3Location
    raw: bytes
    spec: ModelSpec
    former: S3Location | None

    @property
    def release(self) -> S3Location:
        return release_place(self.place, self.spec, self.raw)

    @property
    def uploads(self) -> list[tuple[Path, S3Location]]:
        """Files and where they go, in this order."""
        names = [*self.spec.files, SPEC_FILE]
        files = [(self.folder / name, self.release / name) for name in names]
        return [*files, (self.folder / SPEC_FILE, self.place / SPEC_FILE)]

    @property
    def size_bytes(self) -> int:
        return sum(path.stat().st_size for path, _ in self.uploads)


def plan(client: "S3Client", folder: Path, target: S3Location) -> list[Publication]:
    """What is to be uploaded, one entry per model, after every check; writes nothing.

    Args:
        client: to look at the target with.
        folder: of one model, or of several.
        target: of the one, or above the several.

    Raises:
        CommandError: the target holds something that this would hide or overwrite.
        ModelError: the folder is not what its spec states, or S3 may not be read.
        StoreUnavailable: S3 does not answer.
    """
    single = (folder / SPEC_FILE).exists()
    return [
        _plan_one(client, found, target if single else target / name)
        for name, found in model_folders(folder).items()
    ]


def _plan_one(client: "S3Client", folder: Path, place: S3Location) -> Publication:
    spec = read_spec(folder)
    verify_files(folder, spec)
    for name, entry in spec.files.items():
        size_bytes = (folder / name).stat().st_size
        if size_bytes != entry.size_bytes:
            raise CommandError(
                f"{folder / name} has {size_bytes:,} bytes, {SPEC_FILE} states "
                f"{entry.size_bytes:,}. Write the folder again with its training command."
            )
    raw = (folder / SPEC_FILE).read_bytes()
    return Publication(folder, place, raw, spec, _former(client, place))


def _former(client: "S3Client", place: S3Location) -> S3Location | None:
    """The release that is served at a place; None where nothing is."""
    keys = list_objects(client, place)
    models = model_places(place, keys)
    if not models:
        return None
    if "." not in models:
        raise CommandError(
            f"{place} holds the models {', '.join(models)}, which a model there would hide. "
            "Publish to one of them, or to another prefix."
        )
    served = place / SPEC_FILE
    raw = read_object(client, served)
    try:
        release = release_place(place, parse_spec(raw, str(served)), raw)
    except ModelAltered as error:
        raise CommandError(
            f"{error.detail} Put a release back with --rollback, or delete that object, then "
            "publish again."
        ) from error
    if (release / SPEC_FILE).prefix not in keys:
        raise CommandError(
            f"{place} holds a model that this command did not put there, and could not be brought "
            "back. Publish to another prefix, or move that model away first."
        )
    return release


def publish(client: "S3Client", publication: Publication, bar: Progress) -> None:
    """Upload one model; what is served changes with the last object.

    Raises:
        CommandError: S3 does not take it.
    """
    label = publication.spec.identifier
    task = bar.add_task(label, total=publication.size_bytes)

    def advance(count: int) -> None:
        bar.advance(task, count)

    for path, to in publication.uploads:
        with _writing(to):
            client.upload_file(str(path), to.bucket, to.prefix, Callback=advance)


def roll_back(client: "S3Client", place: S3Location, release: str) -> ModelSpec:
    """Serve a former release again.

    Returns:
        Its spec.

    Raises:
        CommandError: there is no such release, or S3 does not take the change.
        ModelError: the release is not whole.
        StoreUnavailable: S3 does not answer.
    """
    keys = list_objects(client, place)
    kept = place / RELEASES / release
    if (kept / SPEC_FILE).prefix not in keys:
        raise CommandError(f"No release {release} at {place}; there are: {_releases(place, keys)}.")
    found = read_release(client, kept, keys)
    found.check()
    served = place / SPEC_FILE
    with _writing(served):
        client.put_object(Bucket=served.bucket, Key=served.prefix, Body=found.raw)
    return found.spec


def _releases(place: S3Location, keys: dict[str, int]) -> str:
    start, end = f"{(place / RELEASES).prefix}/", f"/{SPEC_FILE}"
    found = [key for key in keys if key.startswith(start) and key.endswith(end)]
    return ", ".join(key.removeprefix(start).removesuffix(end) for key in sorted(found)) or "none"


@contextmanager
def _writing(to: S3Location) -> Iterator[None]:
    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise CommandError(
            f"{to} was not written: {error}. The release that was served there still is; run the "
            "same command again once this is mended."
        ) from error


def _show(publication: Publication, console: Console) -> None:
    spec, former = publication.spec, publication.former
    size_mb = publication.size_bytes / 1e6
    console.print(f"{spec.identifier}: {len(publication.uploads)} objects, {size_mb:,.1f} MB")
    for path, to in publication.uploads:
        console.print(f"  {path} -> {to}", soft_wrap=True)
    if former == publication.release:
        console.print("  this release is served there already; its objects are written anew")
    elif former is not None:
        undo = f"--to {publication.place} --rollback {former.name}"
        console.print(f"  to undo: retail publish {undo}", soft_wrap=True)


def _summary(publication: Publication) -> dict[str, Any]:
    former = publication.former
    return {
        "model": publication.spec.identifier,
        "to": str(publication.place),
        "release": publication.release.name,
        "former_release": former.name if former is not None else None,
        "size_bytes": publication.size_bytes,
    }


def run(args: argparse.Namespace, console: Console) -> None:
    """Publish, or roll back.

    Raises:
        CommandError: the model or an option cannot be used.
        ServiceError: the folder is not what its spec states, or S3 cannot be read.
    """
    try:
        target = parse_location(args.to)
    except ValueError as error:
        raise CommandError(f"--to: {error}") from error
    if not isinstance(target, S3Location):
        raise CommandError(f"--to is {args.to!r}; it must be written s3://bucket/prefix.")
    client = s3_client()
    if args.rollback:
        if args.dry_run:
            raise CommandError("--dry-run shows what --model would upload; leave one of them out.")
        spec = roll_back(client, target, args.rollback)
        console.print(f"{target} serves {spec.identifier} again, to functions that start from now")
        if args.json:
            print_json({"rolled_back": True, "model": spec.identifier, "to": str(target)})
        return
    publications = plan(client, args.model, target)
    for publication in publications:
        _show(publication, console)
    if args.dry_run:
        console.print("dry run: nothing was uploaded")
    else:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        with Progress(*columns, TransferSpeedColumn(), console=console) as bar:
            for publication in publications:
                publish(client, publication, bar)
        console.print(f"published: functions that start from now on serve {target}", soft_wrap=True)
    if args.json:
        models = [_summary(publication) for publication in publications]
        print_json({"uploaded": not args.dry_run, "models": models})


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_parser("retail publish", __doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", type=Path, help="folder of one model, or of several")
    what.add_argument("--rollback", metavar="RELEASE", help="serve this release again")
    parser.add_argument("--to", required=True, help="s3://bucket/prefix of the model or models")
    parser.add_argument("--dry-run", action="store_true", help="show what would be uploaded")
    add_json(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Publish a model; 0 when it is done, 2 where it cannot be, 130 when interrupted."""
    args = build_parser().parse_args(argv)
    return exit_code(
        lambda: run(args, Console(stderr=True)), "models not yet uploaded are served as before"
    )


if __name__ == "__main__":
    sys.exit(main())
