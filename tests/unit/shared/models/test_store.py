"""One answer for a folder and for the same models in S3."""

import json
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from shared.errors import ModelAltered, ModelMissing, StoreUnavailable
from shared.locations import S3Location
from shared.models import s3
from shared.models.folder import SPEC_FILE, model_folders
from shared.models.spec import read_spec, verify_files
from shared.models.store import find_models, local_folder, read_model_spec
from shared.settings import get_settings
from tests.aws import in_memory, make_bucket
from tests.small_models import small_model

ROOT = Path(__file__).resolve().parents[4]
NAMES = ["a/one", "a/two", "b"]
BUCKET = S3Location("models")


@pytest.fixture
def folder(tmp_path):
    """Three models in folders."""
    for name in NAMES:
        small_model(tmp_path / "models" / name, seed=len(name))
    return tmp_path / "models"


@pytest.fixture
def bucket(monkeypatch, tmp_path, folder):
    """A bucket with copies of them, and a cache of this test."""
    monkeypatch.setenv("MODEL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(s3, "_leases", {})
    get_settings.cache_clear()
    with in_memory(monkeypatch):
        make_bucket(BUCKET.bucket)
        client = boto3.client("s3")
        for path in folder.rglob("*"):
            if path.is_file():
                key = path.relative_to(folder).as_posix()
                client.put_object(Bucket=BUCKET.bucket, Key=key, Body=path.read_bytes())
        yield client
    for lease in s3._leases.values():
        lease.end()


@pytest.fixture(params=["folder", "bucket"])
def location(request, folder):
    if request.param == "folder":
        return folder
    request.getfixturevalue("bucket")
    return BUCKET


def test_models_are_found_by_their_names(location):
    assert dict(find_models(location)) == {name: location / name for name in NAMES}


def test_one_model_is_found_by_its_own_name(location):
    assert dict(find_models(location / "b")) == {"b": location / "b"}


def test_a_spec_is_read_without_its_files(location, folder):
    assert read_model_spec(location / "a" / "two") == read_spec(folder / "a" / "two")


def test_a_folder_of_this_machine_has_every_file_of_every_model(location):
    found = local_folder(location)
    assert sorted(model_folders(found)) == NAMES
    for path in model_folders(found).values():
        verify_files(path, read_spec(path))


@pytest.mark.parametrize("do", [find_models, read_model_spec])
def test_where_there_is_no_model_it_is_named(location, do):
    with pytest.raises(ModelMissing, match="nowhere"):
        do(location / "nowhere")


def test_a_spec_that_is_none_is_refused(location, folder, request):
    if location == folder:
        (folder / "b" / SPEC_FILE).write_text("{}")
    else:
        client = request.getfixturevalue("bucket")
        client.put_object(Bucket=BUCKET.bucket, Key=f"b/{SPEC_FILE}", Body=b"{}")
    with pytest.raises(ModelAltered, match=SPEC_FILE):
        read_model_spec(location / "b")


def test_a_folder_stays_where_it_is(folder):
    assert local_folder(folder) is folder


def test_what_is_served_is_what_is_found(bucket):
    """A model that is published after the start is not this process's to answer for."""
    served = local_folder(BUCKET / "b")
    bucket.delete_object(Bucket=BUCKET.bucket, Key=f"b/{SPEC_FILE}")
    assert find_models(BUCKET / "b") == {served.name: served}
    with pytest.raises(ModelMissing):
        find_models(BUCKET / "a" / "three")


def test_s3_that_does_not_answer_may_answer_later(monkeypatch):
    for name, value in (("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("AWS_MAX_ATTEMPTS", "1")):
        monkeypatch.setenv(name, value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "eu-central-1")
    monkeypatch.setattr("shared.aws.MAX_ATTEMPTS", 1)
    with pytest.raises(StoreUnavailable, match="model store"):
        find_models(BUCKET)


def test_models_in_folders_load_nothing_of_s3(folder):
    code = (
        "import json, sys, pathlib\n"
        "from shared.models.store import find_models, local_folder, read_model_spec\n"
        "folder = local_folder(pathlib.Path(sys.argv[1]))\n"
        "specs = [read_model_spec(path).name for path in find_models(folder).values()]\n"
        "print(json.dumps([specs, sorted(sys.modules)]))"
    )
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    names, loaded = json.loads(done.stdout)
    assert names == ["one", "two", "b"]
    assert not {"boto3", "botocore", "shared.models.s3", "shared.models.cache"} & set(loaded)
