from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.locations import S3Location, parse_location

PARTS = st.lists(st.from_regex(r"[A-Za-z0-9._-]{1,12}", fullmatch=True), max_size=4)


def test_a_path_is_a_path():
    assert parse_location("models/mine") == Path("models/mine")
    assert parse_location("/opt/models") == Path("/opt/models")


@pytest.mark.parametrize("text", ["s3://bucket", "s3://bucket/", "s3://bucket//"])
def test_a_whole_bucket(text):
    assert parse_location(text) == S3Location("bucket")
    assert str(S3Location("bucket")) == "s3://bucket"
    assert S3Location("bucket").name == "bucket"


@given(PARTS)
def test_what_is_written_is_read_again(parts):
    place = S3Location("some.bucket-1")
    for part in parts:
        place = place / part
    assert parse_location(str(place)) == place
    assert parse_location(f"{place}/") == place
    assert place.name == (parts[-1] if parts else "some.bucket-1")


@pytest.mark.parametrize("text", ["s3://", "s3:///models", "s3://Bucket/models", "s3://a_b/c"])
def test_a_place_without_a_bucket_is_refused(text):
    with pytest.raises(ValueError, match="names no bucket"):
        parse_location(text)
