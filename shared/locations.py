"""Where models are: a folder of this machine, or a place in S3."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

_SCHEME = "s3://"
_BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"


@dataclass(frozen=True, slots=True)
class S3Location:
    """A bucket, and the start of the keys that lie there.

    Attributes:
        prefix: without a slash at either end; empty for the whole bucket.
    """

    bucket: str
    prefix: str = ""

    def __truediv__(self, name: str) -> "S3Location":
        return S3Location(self.bucket, f"{self.prefix}/{name}".strip("/"))

    def __str__(self) -> str:
        return f"{_SCHEME}{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def name(self) -> str:
        """The last part, as of a path."""
        return self.prefix.rpartition("/")[2] or self.bucket


ModelLocation: TypeAlias = Path | S3Location


def parse_location(text: str) -> ModelLocation:
    """A path, or the place that an ``s3://bucket/prefix`` names.

    Raises:
        ValueError: it begins as a place in S3 but names no bucket.
    """
    if not text.startswith(_SCHEME):
        return Path(text)
    bucket, _, prefix = text.removeprefix(_SCHEME).partition("/")
    if not re.fullmatch(_BUCKET, bucket):
        raise ValueError(
            f"{text!r} names no bucket; a place in S3 is written {_SCHEME}bucket/prefix, the "
            "bucket in 3 to 63 small letters, digits, dots and hyphens"
        )
    return S3Location(bucket, prefix.strip("/"))
