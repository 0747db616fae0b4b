import hashlib

import pytest

from shared.errors import ModelMissing
from shared.models.folder import PREVIOUS_SUFFIX, hash_file, is_aside, model_folders


@pytest.mark.parametrize("size", [0, 1, 4_096, 1_000_003])
def test_a_file_of_any_size_is_hashed_as_a_whole(size, tmp_path):
    content = bytes(range(251)) * (size // 251 + 1)
    path = tmp_path / "file"
    path.write_bytes(content[:size])
    assert hash_file(path) == hashlib.sha256(content[:size]).hexdigest()


def _empty_models(root, *names):
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "spec.json").write_text("{}")


def test_a_folder_of_models_is_searched_at_any_depth_for_those_in_use(tmp_path):
    _empty_models(tmp_path, "b", "a/en-de", "a/de-en", "c/d/e")
    _empty_models(tmp_path, f"b{PREVIOUS_SUFFIX}", f"a{PREVIOUS_SUFFIX}/en-de", "a/.en-de-x1")
    (tmp_path / "empty").mkdir()
    names = ["a/de-en", "a/en-de", "b", "c/d/e"]
    assert model_folders(tmp_path) == {name: tmp_path / name for name in names}


def test_a_model_is_its_own_folder_of_models(tmp_path):
    _empty_models(tmp_path, "mine", "mine/checkpoint")
    assert model_folders(tmp_path / "mine") == {"mine": tmp_path / "mine"}


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_a_folder_without_models_is_named(name, tmp_path):
    with pytest.raises(ModelMissing, match=str(tmp_path / name)):
        model_folders(tmp_path / name)


def test_a_model_inside_another_is_that_ones_own_business(tmp_path):
    _empty_models(tmp_path, "a", "a/part", "b/c")
    assert list(model_folders(tmp_path)) == ["a", "b/c"]


def test_a_link_to_a_model_is_a_model(tmp_path):
    _empty_models(tmp_path, "elsewhere/a")
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "current").symlink_to(tmp_path / "elsewhere" / "a")
    assert list(model_folders(tmp_path / "served")) == ["current"]


def test_a_file_is_no_folder_of_models(tmp_path):
    (tmp_path / "file").write_text("{}")
    with pytest.raises(ModelMissing, match=r"spec\.json"):
        model_folders(tmp_path / "file")


@pytest.mark.parametrize(
    ("name", "aside"),
    [("a", False), ("a.previous", True), (".releases", True), ("previous", False), ("a.b", False)],
)
def test_former_and_hidden_folders_are_aside(name, aside):
    assert is_aside(name) is aside


def test_a_file_that_changed_has_another_hash(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"a" * 10_000)
    before = hash_file(path)
    path.write_bytes(b"a" * 9_999 + b"b")
    assert hash_file(path) != before


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        hash_file(tmp_path / "file")
