"""Models in S3, fetched into the cache and served from there.

A process reads ``spec.json`` when it starts and serves that release until it ends.
"""

import hashlib
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from shared.aws import s3_client
from shared.errors import ModelAltered, ModelMissing
from shared.locations import S3Location
from shared.models.cache import Lease, ModelCache
from shared.models.folder import SPEC_FILE
from shared.models.releases import (
    Release,
    list_objects,
    model_places,
    read_object,
    read_release,
    reading,
)
from shared.models.spec import ModelSpec, parse_spec, verify_files
from shared.settings import get_settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_FILES_AT_ONCE = 4
_PARTS_AT_ONCE = 2  # of one file
_LABEL_CHARACTERS = 160  # of a folder's name
_READ_TRIES = 2

_leases: dict[S3Location, Lease] = {}  # of what this process serves


class Releases:
    """All models of a location, as one download.

    Args:
        client: to fetch them with.
        location: they are at.
        releases: by their paths below the folder that they are fetched into.
    """

    def __init__(
        self, client: "S3Client", location: S3Location, releases: Mapping[str, Release]
    ) -> None:
        self._client, self._location, self._releases = client, location, releases

    @property
    def folder_name(self) -> str:
        label = "+".join(release.spec.identifier for release in self._releases.values())
        content = hashlib.sha256()
        for name, release in self._releases.items():
            content.update(f"{name}:{hashlib.sha256(release.raw).hexdigest()}\n".encode())
        safe = re.sub(r"[^\w.@+-]", "_", label, flags=re.ASCII)[:_LABEL_CHARACTERS].lstrip(".")
        return f"{safe}-{content.hexdigest()[:8]}"

    @property
    def size_bytes(self) -> int:
        return sum(
            len(release.raw) + sum(entry.size_bytes for entry in release.spec.files.values())
            for release in self._releases.values()
        )

    def fetch(self, folder: Path) -> None:
        """Download all files into a folder, and compare them with their specs."""
        jobs: list[tuple[str, Path]] = []
        for name, release in self._releases.items():
            release.check()
            for file in release.spec.files:
                (folder / name / file).parent.mkdir(parents=True, exist_ok=True)
                jobs.append((release.objects[file][0], folder / name / file))
            (folder / name / SPEC_FILE).write_bytes(release.raw)
        self._download(jobs)
        for name, release in self._releases.items():
            release.check_content(folder / name)

    def _download(self, jobs: list[tuple[str, Path]]) -> None:
        from boto3.s3.transfer import TransferConfig  # noqa: PLC0415

        config = TransferConfig(max_concurrency=_PARTS_AT_ONCE)

        def download(job: tuple[str, Path]) -> None:
            key, path = job
            self._client.download_file(self._location.bucket, key, str(path), Config=config)

        with reading(self._location), ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
            list(pool.map(download, jobs))

    def verify(self, folder: Path) -> None:
        """Compare a folder with what `fetch` writes."""
        for name, release in self._releases.items():
            path = folder / name / SPEC_FILE
            if not path.is_file() or path.read_bytes() != release.raw:
                raise ModelAltered(f"{path} is not the {SPEC_FILE} of {release.place}.")
            verify_files(folder / name, release.spec)


def read_releases(client: "S3Client", location: S3Location) -> Releases:
    """What is to be served from a location.

    Raises:
        ModelMissing: there is no model, or S3 may not be read.
        ModelAltered: a spec does not follow the format.
        StoreUnavailable: S3 does not answer.
    """
    releases: dict[str, Release] = {}
    for _ in range(_READ_TRIES):  # a model may be published after the listing
        keys = list_objects(client, location)
        places = _required(location, model_places(location, keys))
        releases = {name: read_release(client, place, keys) for name, place in places.items()}
        if not any(release.missing for release in releases.values()):
            break
    return Releases(client, location, releases)


def _required(location: S3Location, places: dict[str, S3Location]) -> dict[str, S3Location]:
    if not places:
        raise ModelMissing(
            f"No model at {location}: nothing below it is named {SPEC_FILE}. Put one there: "
            f"make publish-model MODEL=folder TO={location}"
        )
    return places


def find(location: S3Location) -> dict[str, S3Location]:
    """The models of a location; see `shared.models.store.find_models`."""
    places = _required(location, model_places(location, list_objects(s3_client(), location)))
    return {location.name if name == "." else name: place for name, place in places.items()}


def read_one(place: S3Location) -> ModelSpec:
    """The spec of one model; see `shared.models.store.read_model_spec`."""
    return parse_spec(read_object(s3_client(), place / SPEC_FILE), str(place / SPEC_FILE))


def folder_in_use(location: S3Location) -> Path | None:
    """The folder that this process serves a location from."""
    lease = _leases.get(location)
    return lease.folder if lease else None


def let_go(location: S3Location) -> None:
    """No longer keep a location's models from being removed; see `shared.models.store.let_go`."""
    if lease := _leases.pop(location, None):
        lease.end()


def fetch(location: S3Location) -> Path:
    """A folder with a location's models; see `shared.models.store.local_folder`."""
    settings = get_settings()
    releases = read_releases(s3_client(), location)
    let_go(location)
    cache = ModelCache(settings.model_cache_dir, settings.model_cache_bytes)
    _leases[location] = lease = cache.lease(releases)
    return lease.folder
