"""A listing of S3 is read as the same tree of folders is."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ModelMissing
from shared.locations import S3Location
from shared.models.folder import model_folders
from shared.models.releases import model_places

NAMES = st.sampled_from(["a", "b", "b-c", "a.previous", ".releases", ".x"])
TREES = st.sets(st.lists(NAMES, max_size=3).map(tuple), max_size=6)


def names_in_a_folder(root, tree):
    for parts in tree:
        folder = root.joinpath(*parts)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "spec.json").touch()
    try:
        return list(model_folders(root))
    except ModelMissing:
        return []


@given(TREES, st.sampled_from(["", "models", "deep/models"]))
def test_models_are_found_as_in_a_folder(tree, prefix):
    location = S3Location("bucket", prefix)
    place = {parts: location / "/".join((*parts, "spec.json")) for parts in tree}
    keys = {found.prefix: 1 for found in place.values()} | {"other/spec.json.txt": 1}
    found = model_places(location, keys)
    with tempfile.TemporaryDirectory() as root:
        expected = names_in_a_folder(Path(root), tree)
        single = [Path(root).name]
    assert [name if name != "." else single[0] for name in found] == expected
    assert all(f"{place.prefix}/spec.json".lstrip("/") in keys for place in found.values())


@pytest.mark.parametrize("key", ["models/a//spec.json", "models//spec.json", "models/../spec.json"])
def test_a_key_that_is_no_path_is_no_model(key):
    assert model_places(S3Location("bucket", "models"), {key: 1}) == {}
