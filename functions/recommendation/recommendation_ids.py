"""Ids of answers, which know the items that they are of.

An event that comes back with one is counted for the answer if its item was in it. No store has to
keep answers for that: an id holds two bytes for each item. It is no secret and no proof, since
whoever has one can make another; what it decides is a figure of the report.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from struct import pack, unpack
from zlib import crc32

LISTED, UNLISTED = b"\x01", b"\x02"  # whether the items are in the id
MOST_LISTED = 100
_RANDOM_BYTES = 6
_BEGIN = len(LISTED) + _RANDOM_BYTES


def new_recommendation_id(item_ids: Sequence[str]) -> str:
    """An id for an answer that has these items, of 10 characters and 2.7 for each item.

    One of more than `MOST_LISTED` items does not know them.
    """
    random = os.urandom(_RANDOM_BYTES)
    if len(item_ids) > MOST_LISTED:
        return urlsafe_b64encode(UNLISTED + random).decode().rstrip("=")
    marks = pack(f">{len(item_ids)}H", *_marks(random, item_ids))
    return urlsafe_b64encode(LISTED + random + marks).decode().rstrip("=")


def _marks(random: bytes, item_ids: Iterable[str]) -> list[int]:
    """Two bytes of each item, others in each answer: one in 65,536 other items has them too."""
    start = int.from_bytes(random[:4])
    return [crc32(item_id.encode(), start) & 0xFFFF for item_id in item_ids]


def was_recommended(recommendation_id: str, item_id: str) -> bool:
    """Whether an answer with this id had the item; False also where it is no such id."""
    padded = recommendation_id + "=" * (-len(recommendation_id) % 4)
    try:
        content = urlsafe_b64decode(padded.encode())
    except ValueError:
        return False
    random = content[1:_BEGIN]
    if len(random) < _RANDOM_BYTES:
        return False
    if content[:1] == UNLISTED:
        return True
    marks = content[_BEGIN:]
    if content[:1] != LISTED or len(marks) % 2:
        return False
    (mark,) = _marks(random, [item_id])
    return mark in unpack(f">{len(marks) // 2}H", marks)
