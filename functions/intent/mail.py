"""Long messages, such as pasted e-mails: the sender's own words, in parts that a model can read."""

import re
from itertools import pairwise

# What a mail program puts above the message that is answered.
_QUOTED = re.compile(
    r"^[ \t]*(?:>|-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine|"
    r"message transféré|mensaje original|forwarded message|weitergeleitete nachricht)"
    r"|_{5,}\s*$|on .{6,80} wrote:|am .{6,80} schrieb .{0,80}:|le .{6,80} a écrit\s?:"
    r"|el .{6,80} escribió:|(?:from|von|de)\s?: .+@)",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
# Where one sentence or line ends and the next begins.
_BREAK = re.compile(r"(?<=[.!?…])\s+|\s*\n\s*")
MOST_PARTS = 32
LEAST_LETTERS = 12  # of a message's own words above what it quotes
LEAST_CHARACTERS = 40  # of a part that ends with its line: a greeting says nothing alone


def own_words(text: str) -> tuple[int, int]:
    """Characters of a mail's own words: what is quoted below it and its signature are left out.

    Returns:
        Start and end; the whole text where nothing of one's own stands above the quotation.
    """
    end = len(text)
    for pattern in (_QUOTED, _SIGNATURE):
        match = pattern.search(text, 0, end)
        if match and sum(map(str.isalpha, text[: match.start()])) >= LEAST_LETTERS:
            end = match.start()
    return 0, end


def parts(text: str, start: int, end: int, most_characters: int) -> list[tuple[int, int]]:
    """Consecutive parts of whole sentences of one line, each of at most so many characters.

    A sentence that is longer is cut. Of more than `MOST_PARTS`, the last are left out.
    """
    bounds = [start, *(m.end() for m in _BREAK.finditer(text, start, end)), end]
    found: list[tuple[int, int]] = []
    first = start
    for last, after in pairwise(bounds):
        ends_line = "\n" in text[first:last] and last - first >= LEAST_CHARACTERS
        if last > first and (ends_line or after - first > most_characters):
            found.append((first, last))
            first = last
        while after - first > most_characters:
            found.append((first, first + most_characters))
            first += most_characters
    if first < end:
        found.append((first, end))
    words = [(a, b) for a, b in found if any(map(str.isalnum, text[a:b]))]
    return words[:MOST_PARTS] or [(start, min(end, start + most_characters))]
