"""Bodies of requests: unpacked, and in UTF-8; what cannot be read is refused with its cause."""

import zlib

from shared.errors import MalformedJson, UnsupportedMedia
from shared.settings import get_settings

_GZIP = 16 + zlib.MAX_WBITS  # of zlib: with gzip's header
_CHARSETS = {"", "utf-8", "utf8", "us-ascii"}
_PLAIN = {"", "identity"}


def unpacked(body: bytes, encoding: str) -> bytes:
    """A body without its ``Content-Encoding``, as far as it is within the limit and a byte more.

    Raises:
        UnsupportedMedia: it is packed in a way that is not read.
        MalformedJson: it is not what it is declared as.
    """
    name = encoding.strip().lower()
    if name in _PLAIN:
        return body
    if name not in {"gzip", "x-gzip"}:
        raise UnsupportedMedia("The body's Content-Encoding must be gzip, or none.")
    unpacking = zlib.decompressobj(_GZIP)
    allowed_bytes = get_settings().max_body_bytes
    try:
        plain = unpacking.decompress(body, allowed_bytes + 1)
    except zlib.error:
        raise MalformedJson("The body is declared as gzip and is none.") from None
    if len(plain) <= allowed_bytes and not unpacking.eof:
        raise MalformedJson("The body is declared as gzip and ends too early.")
    return plain


def check_charset(content_type: str) -> None:
    """Refuse a body that is declared to be in another charset than UTF-8.

    Raises:
        UnsupportedMedia: it is.
    """
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip(" \"'").lower() not in _CHARSETS:
            raise UnsupportedMedia("The body's charset must be UTF-8.")
