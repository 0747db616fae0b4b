"""Models by their location, so that a folder and a place in S3 are served the same.

What concerns S3 is imported when a location is there: a function whose models are in its layer
pays nothing.
"""

from collections.abc import Mapping
from pathlib import Path

from shared.locations import ModelLocation
from shared.models.folder import model_folders
from shared.models.spec import ModelSpec, read_spec


def local_folder(location: ModelLocation) -> Path:
    """A folder of this machine with the model or models of ``location``.

    From S3 they are fetched and verified, unless the cache has them. This process keeps them from
    being removed there, until it ends or asks for the location again.

    Raises:
        ModelMissing: there is no model in S3, or it may not be read.
        ModelAltered: what is in S3 is not what its ``spec.json`` states.
        ModelNotKept: the cache has no room.
        StoreUnavailable: S3 does not answer.
    """
    if isinstance(location, Path):
        return location
    from shared.models.s3 import fetch  # noqa: PLC0415

    return fetch(location)


def let_go(location: ModelLocation) -> None:
    """Say that this process no longer serves a location, so that the cache may remove it."""
    if not isinstance(location, Path):
        from shared.models.s3 import let_go as let_go_of_s3  # noqa: PLC0415

        let_go_of_s3(location)


def find_models(location: ModelLocation) -> Mapping[str, ModelLocation]:
    """The models of ``location`` by their names, as `model_folders` gives them; none is fetched.

    Raises:
        ModelMissing: there is none, or S3 may not be read.
        StoreUnavailable: S3 does not answer.
    """
    if isinstance(location, Path):
        return model_folders(location)
    from shared.models.s3 import find, folder_in_use  # noqa: PLC0415

    folder = folder_in_use(location)
    return find(location) if folder is None else model_folders(folder)


def read_model_spec(location: ModelLocation) -> ModelSpec:
    """The spec of the one model that is at ``location``.

    Raises:
        ModelMissing: there is none, or S3 may not be read.
        ModelAltered: the spec does not follow the format.
        StoreUnavailable: S3 does not answer.
    """
    if isinstance(location, Path):
        return read_spec(location)
    from shared.models.s3 import read_one  # noqa: PLC0415

    return read_one(location)
