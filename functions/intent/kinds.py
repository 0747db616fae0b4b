"""What a slot's words can be: where a value of its kind begins and ends, and which kind they show.

What is said here of kinds held of all messages that the default model learned from, or of all but
a few: no product begins with an article, all words with an @ are e-mail addresses, and a
capitalised word behind a first name is the last name.
"""

import re
import unicodedata
from typing import NamedTuple

_ARTICLE_WORDS = (
    "the der die das den dem ein eine einen einem einer le la les un une du des el los las una "
    "unos unas my your mein meine meinen mon ma votre vos mi mis"
)
_LINK_WORDS = (
    "of for in by with from to at and von vom für mit im am zum zur und de en pour avec sur par "
    "chez et del con para por y al au aux"
)
_ARTICLES, _LINKS = frozenset(_ARTICLE_WORDS.split()), frozenset(_LINK_WORDS.split())
_LOOSE = _ARTICLES | _LINKS
_NO_ARTICLE = frozenset({"product", "color", "brand", "payment_method", "size", "amount"})
_LAST_WORD = re.compile(r"(?<=\S)\s+(\w+)$")
_FIRST_WORD = re.compile(r"(\w+)(?:\s+|['\u2019])(?=\w)")
# "La" of La Baule, and not of a sentence that begins with it.
_NAME_BEGINS = re.compile(r"(?<=[^.!?:\n]\s)(?:La|Le|Les|Los|Las|El|Den) $")
_SURNAME = re.compile(r" [^\W\d_]+(?:[-'\u2019][^\W\d_]+)*")
_ORDINAL = re.compile(r"(?<!\d)\d{1,2}$")
_GOES_ON = re.compile(r"\.(?=,| [a-zäöü])")  # "am 7. kam", and not the end of a sentence
_CLOCK = re.compile(
    r"\d{1,2}(?:[:.]\d\d)? ?(?:am|pm|uhr)|\d{1,2} ?h(?:\d\d)?|\d{1,2}:\d\d", re.IGNORECASE
)
_SHOWN = {  # by words that are of one kind only
    "email": re.compile(r"\S+@\S+\.\S+"),
    "amount": re.compile(r"[€$£¥]\s?\d[\d.,\s]*|\d[\d.,\s]*[€$£¥]"),
    "size": re.compile(r"\d{2,3}\s?[x\u00d7*]\s?\d{2,3}(?:\s?cm)?", re.IGNORECASE),
    "time": _CLOCK,
}
LEAST_DIGITS = {"order_number": 1, "phone": 6}  # of a value


class Words(NamedTuple):
    """A slot's place in a text and its kind."""

    name: str
    start: int
    end: int


def is_loose(words: str) -> bool:
    """Whether words are articles and prepositions alone, and so no value."""
    return all(word in _LOOSE for word in words.casefold().split())


def is_sign(letter: str) -> bool:
    """Whether a letter is an emoji or a part of one."""
    return ord(letter) > 0x2190 and unicodedata.category(letter) in ("So", "Sk", "Cf", "Mn")


def _trimmed(text: str, name: str, start: int, end: int) -> tuple[int, int]:
    """A place without a preposition at its end, or an article before what has none."""
    while (last := _LAST_WORD.search(text[start:end])) and last[1] in _LOOSE:
        end = start + last.start()
    while name in _NO_ARTICLE and (first := _FIRST_WORD.match(text[start:end])):
        if first[1] not in _ARTICLES:
            break
        start += first.end()
    return start, end


def _grown(text: str, name: str, start: int, end: int) -> tuple[int, int]:
    """A place with the rest of a name, or the dot of an ordinal number."""
    if name == "place" and text[start].isupper():
        article = _NAME_BEGINS.search(text[:start])
        start = article.start() if article else start
    if name == "person" and text[start].isupper() and not text.isupper():
        while (next_word := _SURNAME.match(text, end)) and next_word[0][1].isupper():
            end = next_word.end()
    if name == "date" and _ORDINAL.search(text[start:end]) and _GOES_ON.match(text, end):
        end += 1
    return start, end


def settle(text: str, words: Words, known: frozenset[str]) -> Words | None:
    """The slot as its words can be.

    Args:
        text: that the slot is in.
        words: its kind and its place.
        known: kinds that the model marks.

    Returns:
        None where they are no value of their kind.
    """
    name, start, end = words
    start, end = _grown(text, name, *_trimmed(text, name, start, end))
    value = text[start:end]
    if name != "quantity" and is_loose(value):  # "un" is one
        return None
    name = next((kind for kind, shape in _SHOWN.items() if shape.fullmatch(value)), name)
    name = name if name in known else words.name
    digits = sum(letter.isdigit() for letter in value)
    return Words(name, start, end) if digits >= LEAST_DIGITS.get(name, 0) else None
