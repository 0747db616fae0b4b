"""What of a location is fetched, under which name; tests/integration has the whole way."""

import re
import tempfile
from pathlib import Path

import boto3
import pytest

from local import publish_model
from shared.errors import ModelAltered, ModelMissing
from shared.locations import S3Location
from shared.models import s3
from shared.models.folder import SPEC_FILE
from shared.models.releases import RELEASES
from shared.models.spec import read_spec, write_spec
from shared.settings import get_settings
from tests.aws import in_memory, make_bucket
from tests.small_models import small_model

PLACE = S3Location("bucket", "models")
SAFE = re.compile(r"[A-Za-z0-9_@+-][A-Za-z0-9_.@+-]*")


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """An account with a bucket, and a cache and leases of the test's own."""
    monkeypatch.setenv("MODEL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(s3, "_leases", {})
    get_settings.cache_clear()
    with in_memory(monkeypatch):
        make_bucket(PLACE.bucket)
        yield tmp_path / "cache"
    for lease in s3._leases.values():
        lease.end()


@pytest.fixture
def publish(tmp_path):
    """Publishes a small model of a name and a content; its folder."""

    def write(name="mine", seed=0, served_as=None):
        folder = Path(tempfile.mkdtemp(dir=tmp_path)) / name
        small_model(folder, seed=seed)
        if served_as is not None:
            write_spec(folder, read_spec(folder).model_copy(update={"name": served_as}))
        assert publish_model.main(["--model", str(folder), "--to", str(PLACE / name)]) == 0
        return folder

    return write


def releases(location=PLACE):
    return s3.read_releases(boto3.client("s3"), location)


def delete(key):
    boto3.client("s3").delete_object(Bucket=PLACE.bucket, Key=key)


def put(key, body):
    boto3.client("s3").put_object(Bucket=PLACE.bucket, Key=key, Body=body)


def test_a_download_is_of_all_models_of_its_location(publish, tmp_path):
    folders = {name: publish(name, seed) for seed, name in enumerate(("a", "b"))}
    found = releases()
    found.fetch(tmp_path / "fetched")
    for name, folder in folders.items():
        for path in folder.rglob("*"):
            if path.is_file():
                fetched = tmp_path / "fetched" / name / path.relative_to(folder)
                assert fetched.read_bytes() == path.read_bytes()
    files = [path for path in (tmp_path / "fetched").rglob("*") if path.is_file()]
    assert found.size_bytes == sum(path.stat().st_size for path in files)
    found.verify(tmp_path / "fetched")


def test_other_content_has_another_folder_and_the_same_content_the_same(publish):
    names = set()
    for seed in (0, 1, 0):
        publish(seed=seed)
        names.add(releases().folder_name)
    assert len(names) == 2
    assert all(name.startswith("mine@") for name in names)


def test_other_labels_are_another_content(publish, tmp_path):
    """Hashes of files do not cover all of a spec."""
    folder = publish()
    before = releases().folder_name
    spec = read_spec(folder)
    write_spec(folder, spec.model_copy(update={"licence": "another"}))
    assert publish_model.main(["--model", str(folder), "--to", str(PLACE / "mine")]) == 0
    assert releases().folder_name != before


@pytest.mark.parametrize("name", ["../up", ".hidden", "a/b c", "ümlaut", "x" * 400])
def test_a_folder_has_a_safe_name_whatever_its_model_is_called(publish, name):
    publish(served_as=name)
    found = releases().folder_name
    assert SAFE.fullmatch(found)
    assert len(found) < 200


@pytest.mark.parametrize("what", ["weights.bin", SPEC_FILE])
def test_a_folder_that_was_altered_is_not_what_was_fetched(publish, tmp_path, what):
    publish()
    found = releases()
    found.fetch(tmp_path / "fetched")
    path = tmp_path / "fetched" / "mine" / what
    path.write_bytes(path.read_bytes()[:-1] + b" ")
    with pytest.raises(ModelAltered, match=what):
        found.verify(tmp_path / "fetched")


def test_a_folder_whose_spec_is_gone_is_not_what_was_fetched(publish, tmp_path):
    publish()
    found = releases()
    found.fetch(tmp_path / "fetched")
    (tmp_path / "fetched" / "mine" / SPEC_FILE).unlink()
    with pytest.raises(ModelAltered, match=SPEC_FILE):
        found.verify(tmp_path / "fetched")


def test_a_model_that_is_published_after_the_listing_is_read_again(publish, monkeypatch):
    publish(seed=0)
    listed, listings = s3.list_objects, []

    def list_then_publish(client, location):
        keys = listed(client, location)
        listings.append(keys)
        if len(listings) == 1:
            publish(seed=1)
        return keys

    monkeypatch.setattr(s3, "list_objects", list_then_publish)
    found = releases()
    assert len(listings) == 2
    assert not any(release.missing for release in found._releases.values())


def test_a_model_that_stays_incomplete_is_told_before_anything_is_fetched(publish, tmp_path):
    publish()
    for found in boto3.client("s3").list_objects_v2(Bucket=PLACE.bucket)["Contents"]:
        if found["Key"].endswith("weights.bin"):
            delete(found["Key"])
    incomplete = releases()
    (tmp_path / "fetched").mkdir()
    with pytest.raises(ModelMissing, match=r"names weights\.bin"):
        incomplete.fetch(tmp_path / "fetched")
    assert not list((tmp_path / "fetched").rglob("*.bin"))


def test_where_nothing_is_the_command_that_publishes_is_told():
    with pytest.raises(ModelMissing, match="make publish-model MODEL=folder TO=s3://bucket/models"):
        releases()


def test_a_location_is_found_by_its_name_and_its_models_by_theirs(publish):
    publish("a")
    publish("b", 1)
    assert s3.find(PLACE) == {"a": PLACE / "a", "b": PLACE / "b"}
    assert s3.find(PLACE / "a") == {"a": PLACE / "a"}


def test_a_former_release_is_no_model_of_its_own(publish):
    publish(seed=0)
    publish(seed=1)
    keys = [o["Key"] for o in boto3.client("s3").list_objects_v2(Bucket=PLACE.bucket)["Contents"]]
    assert sum(RELEASES in key and key.endswith(SPEC_FILE) for key in keys) == 2
    assert list(s3.find(PLACE)) == ["mine"]


def test_one_spec_is_read_alone(publish):
    folder = publish()
    assert s3.read_one(PLACE / "mine") == read_spec(folder)
    put("models/mine/" + SPEC_FILE, b"no json")
    with pytest.raises(ModelAltered, match=r"s3://bucket/models/mine/spec\.json"):
        s3.read_one(PLACE / "mine")


def test_a_location_that_is_asked_for_again_is_served_from_its_new_folder(publish, cache):
    publish(seed=0)
    assert s3.folder_in_use(PLACE) is None
    first = s3.fetch(PLACE)
    assert s3.folder_in_use(PLACE) == first
    publish(seed=1)
    second = s3.fetch(PLACE)
    assert second != first
    assert s3.folder_in_use(PLACE) == second
    assert {path.name for path in cache.iterdir()} >= {first.name, second.name}


def test_a_location_that_cannot_be_read_again_stays_in_use(publish):
    publish()
    folder = s3.fetch(PLACE)
    delete("models/mine/" + SPEC_FILE)
    with pytest.raises(ModelMissing):
        s3.fetch(PLACE)
    assert s3.folder_in_use(PLACE) == folder


def test_the_former_folder_makes_room_for_the_next(publish, cache, monkeypatch):
    publish(seed=0)
    monkeypatch.setenv("MODEL_CACHE_BYTES", str(releases().size_bytes))  # of one, not of two
    get_settings.cache_clear()
    former = s3.fetch(PLACE)
    publish(seed=1)
    folder = s3.fetch(PLACE)
    assert folder.is_dir()
    assert not former.exists()
