"""JSON from outside: read in one way for every way in; what cannot be read has its cause told."""

import json
from collections.abc import Sequence
from typing import Any

from shared.errors import LimitExceeded, MalformedJson

MAX_VALUES = 20_000  # of a request, items of lists and members of objects
MAX_POINTER_CHARACTERS = 256  # of each; keys of the body are in it
_ADVICE = "Send one JSON object, in UTF-8."
_TWICE = "comes twice in its object, of which one value would be lost; send each key once"


class _Repeated(Exception):
    """An object has a key twice."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _Repeated
    return members


_decode = json.JSONDecoder(object_pairs_hook=_members).decode


def text_of(body: bytes) -> str:
    """JSON as text, from UTF-8 or what its first bytes show it to be in.

    Raises:
        UnicodeDecodeError: it is not.
    """
    return body.decode(json.detect_encoding(body))


def read_json(body: str | bytes) -> Any:
    """What a body or a message holds.

    Raises:
        MalformedJson: it is not JSON, or nested or long beyond what is read, or an object in it has
            a key twice, which others may read otherwise (RFC 8259, section 4; RFC 7493 forbids it).
        LimitExceeded: it has too many values.
    """
    try:
        document = _decode(text_of(body) if isinstance(body, bytes) else body)
    except _Repeated:
        raise _repeated(body) from None
    except UnicodeDecodeError as error:
        why = f"its byte {error.start} is not UTF-8"
    except json.JSONDecodeError as error:
        why = error.msg
    except RecursionError:
        why = "it is nested too deeply"
    except ValueError:  # of Python's int(), whose time is quadratic
        why = "a number has too many digits"
    else:
        commas = body.count(",") if isinstance(body, str) else body.count(b",")
        if commas >= MAX_VALUES:  # each value but the first has one before it
            check_values(document)
        return document
    raise MalformedJson(f"The body is not JSON ({why}). {_ADVICE}")


def check_values(document: Any) -> None:
    """Refuse what has so many values that to tell what is wrong with each would fill the memory.

    Args:
        document: as JSON has it.

    Raises:
        LimitExceeded: there are more than `MAX_VALUES`; no request needs half as many.
    """
    count, left = 0, [document]
    while left:
        found = left.pop()
        if isinstance(found, dict | list):
            count += len(found)
            left += found.values() if isinstance(found, dict) else found
    if count > MAX_VALUES:
        raise LimitExceeded("values", MAX_VALUES, count, "Send fewer in one request.")


def pointer(location: Sequence[int | str]) -> str:
    """RFC 6901 JSON pointer of a place in the body, cut where it is long."""
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    place = "".join(f"/{part}" for part in parts)
    return place if len(place) <= MAX_POINTER_CHARACTERS else place[:MAX_POINTER_CHARACTERS] + "…"


class _Pairs(list[tuple[str, Any]]):
    """An object as it came, with all its members."""


def _repeated(body: str | bytes) -> MalformedJson:
    """The error for a body in which an object has a key twice."""
    text = text_of(body) if isinstance(body, bytes) else body
    left: list[tuple[tuple[int | str, ...], Any]] = [
        ((), json.loads(text, object_pairs_hook=_Pairs))
    ]
    place = ""
    while left and not place:
        above, found = left.pop()
        members = found if isinstance(found, _Pairs) else ()
        seen: set[str] = set()
        for key, _ in members:
            if key in seen:
                place = pointer((*above, key))
            seen.add(key)
        inner = enumerate(found) if isinstance(found, list) and not members else members
        left += [((*above, at), value) for at, value in inner]
    return MalformedJson(f"{place}: {_TWICE}.", errors=[{"pointer": place, "detail": _TWICE}])
