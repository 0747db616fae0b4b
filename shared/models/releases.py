"""Releases of models in S3: how they are laid out, found and read.

A model lies there as `local.publish_model` writes it::

    <prefix>/spec.json                        the spec of the release that is served; written last
    <prefix>/.releases/<release>/spec.json    the same, kept to go back to
    <prefix>/.releases/<release>/<file>       each file that it names

A release is named for its spec, so no two share an object. A folder that was copied to S3 as it is
can be read too: a file that is not in its release is looked for beside ``spec.json``.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shared.aws import aws_errors
from shared.errors import ModelAltered, ModelMissing, StoreUnavailable
from shared.locations import S3Location
from shared.models.folder import SPEC_FILE, hash_file, is_aside
from shared.models.spec import ModelSpec, parse_spec

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RELEASES = ".releases"  # of one model; a hidden name, so that none of them is taken for a model
_STORE = "model store"
_RETRYABLE_STATUSES = frozenset((408, 429))
_RETRYABLE_CODES = frozenset(("RequestTimeout", "SlowDown", "Throttling", "ThrottlingException"))
_REMEDY = (
    "The object was changed after it was published: publish the model again, or roll back to "
    "another release (retail publish --help)."
)


def release_place(place: S3Location, spec: ModelSpec, raw: bytes) -> S3Location:
    """Where the release with this ``spec.json`` of the model at ``place`` is kept."""
    return place / RELEASES / f"{spec.version}-{hashlib.sha256(raw).hexdigest()[:8]}"


@dataclass(frozen=True)
class Release:
    """One model as its ``spec.json`` in S3 states it.

    Attributes:
        place: where that is.
        raw: its bytes.
        objects: key and size in bytes of each file that is there, by the file's name.
    """

    place: S3Location
    raw: bytes
    spec: ModelSpec
    objects: Mapping[str, tuple[str, int]]

    @property
    def missing(self) -> list[str]:
        return sorted(self.spec.files.keys() - self.objects.keys())

    def uri(self, file: str) -> str:
        return str(S3Location(self.place.bucket, self.objects[file][0]))

    def check(self) -> None:
        """Compare what is in S3 with the spec, as far as can be told without the content.

        Raises:
            ModelMissing: a file is not there.
            ModelAltered: a file has another size.
        """
        if self.missing:
            raise ModelMissing(
                f"{self.place / SPEC_FILE} names {', '.join(self.missing)}, which are neither "
                f"in {release_place(self.place, self.spec, self.raw)} nor beside it. Publish the "
                "whole model again."
            )
        for file, entry in self.spec.files.items():
            size_bytes = self.objects[file][1]
            if size_bytes != entry.size_bytes:
                raise ModelAltered(
                    f"{self.uri(file)} has {size_bytes:,} bytes, {SPEC_FILE} states "
                    f"{entry.size_bytes:,}. {_REMEDY}"
                )

    def check_content(self, folder: Path) -> None:
        """Compare what was fetched into a folder with the spec.

        Raises:
            ModelAltered: a file has another content.
        """
        for file, entry in self.spec.files.items():
            actual = hash_file(folder / file)
            if actual != entry.sha256:
                raise ModelAltered(
                    f"{self.uri(file)} has SHA-256 {actual}, {SPEC_FILE} states {entry.sha256}. "
                    f"{_REMEDY}"
                )


@contextmanager
def reading(location: S3Location) -> Iterator[None]:
    """Failures of S3 as this product's errors: what no second try can mend is a missing model.

    Raises:
        ModelMissing: the bucket or an object is not there, or may not be read.
        StoreUnavailable: S3 does not answer.
    """
    try:
        with aws_errors(_STORE):
            yield
    except StoreUnavailable as error:
        refusal = _refusal(error.__cause__)
        if refusal is None:
            raise
        raise ModelMissing(
            f"No model can be read at {location} ({refusal}). Check the model setting and the "
            "bucket; who reads needs s3:ListBucket on the bucket and s3:GetObject below the prefix."
        ) from error


def _refusal(error: BaseException | None) -> str | None:
    """Why S3 will not answer this request however often it is sent; None where it may."""
    from botocore.exceptions import (  # noqa: PLC0415
        ClientError,
        NoCredentialsError,
        NoRegionError,
        ParamValidationError,
        PartialCredentialsError,
    )

    if isinstance(
        error, NoCredentialsError | NoRegionError | ParamValidationError | PartialCredentialsError
    ):
        return type(error).__name__
    if not isinstance(error, ClientError):
        return None
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    lasting = status < 500 and status not in _RETRYABLE_STATUSES and code not in _RETRYABLE_CODES
    return f"{code or status} from {error.operation_name}" if lasting else None


def list_objects(client: "S3Client", location: S3Location) -> dict[str, int]:
    """Sizes in bytes of all objects below a location, by their keys.

    Raises:
        ModelMissing: S3 may not be read.
        StoreUnavailable: S3 does not answer.
    """
    pages = client.get_paginator("list_objects_v2")
    start = f"{location.prefix}/" if location.prefix else ""
    with reading(location):
        return {
            found["Key"]: found["Size"]
            for page in pages.paginate(Bucket=location.bucket, Prefix=start)
            for found in page.get("Contents", ())
        }


def model_places(location: S3Location, keys: Mapping[str, int]) -> dict[str, S3Location]:
    """Models by their paths below a location; ``.`` where it is a model itself.

    They are those that `shared.models.folder.model_folders` finds in the same tree of folders.
    """
    places: dict[tuple[str, ...], S3Location] = {}
    skipped = len(location.prefix) + 1 if location.prefix else 0
    parents = {tuple(key[skipped:].split("/"))[:-1] for key in keys if _is_spec(key)}
    for parts in sorted(parents):
        inside = any(parts[:depth] in places for depth in range(len(parts)))
        if not inside and not any(not part or is_aside(part) for part in parts):
            places[parts] = location / "/".join(parts) if parts else location
    return {"/".join(parts) or ".": place for parts, place in places.items()}


def _is_spec(key: str) -> bool:
    return key.rpartition("/")[2] == SPEC_FILE


def read_object(client: "S3Client", place: S3Location) -> bytes:
    """Content of one small object.

    Raises:
        ModelMissing: it is not there, or may not be read.
        StoreUnavailable: S3 does not answer.
    """
    with reading(place):
        return client.get_object(Bucket=place.bucket, Key=place.prefix)["Body"].read()


def read_release(client: "S3Client", place: S3Location, keys: Mapping[str, int]) -> Release:
    """The release that a model's ``spec.json`` states.

    Args:
        client: to read it with.
        place: of the model.
        keys: of the objects there, with their sizes.
    """
    raw = read_object(client, place / SPEC_FILE)
    spec = parse_spec(raw, str(place / SPEC_FILE))
    objects = {}
    for file in spec.files:
        for key in (release_place(place, spec, raw) / file, place / file):
            if file not in objects and key.prefix in keys:
                objects[file] = (key.prefix, keys[key.prefix])
    return Release(place, raw, spec, objects)
