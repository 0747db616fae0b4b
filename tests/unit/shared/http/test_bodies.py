import gzip

import pytest

from shared.errors import MalformedJson, UnsupportedMedia
from shared.http.bodies import check_charset, unpacked
from shared.settings import get_settings

PLAIN = b'{"text": "a"}'


@pytest.mark.parametrize("encoding", ["gzip", " GZIP ", "x-gzip"])
def test_gzip_is_unpacked(encoding):
    assert unpacked(gzip.compress(PLAIN), encoding) == PLAIN


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_what_is_not_packed_stays(encoding):
    assert unpacked(PLAIN, encoding) == PLAIN


def test_no_more_is_unpacked_than_shows_that_it_is_too_much():
    most = get_settings().max_body_bytes
    assert len(unpacked(gzip.compress(b"0" * most), "gzip")) == most
    assert len(unpacked(gzip.compress(b"0" * 100 * most), "gzip")) == most + 1


@pytest.mark.parametrize("body", [PLAIN, gzip.compress(PLAIN)[:-9], b""])
def test_what_is_no_gzip_is_refused(body):
    with pytest.raises(MalformedJson, match="gzip"):
        unpacked(body, "gzip")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip"])
def test_other_encodings_are_refused(encoding):
    with pytest.raises(UnsupportedMedia, match="gzip"):
        unpacked(PLAIN, encoding)


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", '"ISO-8859-1"'])
def test_another_charset_is_refused_and_utf_8_is_not(charset):
    with pytest.raises(UnsupportedMedia, match="UTF-8"):
        check_charset(f"application/json; charset={charset}")
    check_charset('application/json; charset="UTF-8"')
    check_charset("application/json")
