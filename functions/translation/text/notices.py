"""What labels warn of and shops always say alike: statements that no model need guess.

``notices.tsv`` was written for this project (CC0). In a row, ``#`` is a number, a price or the
like, of which there may be several in one order, ``@`` one or more of the things that `things`
knows, ``^`` colours, materials or things, and ``~`` a thing with all that `labels` knows of it; of
forms parted by ``;`` the first is written.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from functions.translation.text import labels
from functions.translation.text.case import all_small, small_first
from functions.translation.text.lists import AND, OR
from functions.translation.text.patterns import MARKS
from functions.translation.text.spans import MARK
from functions.translation.text.terms import term
from functions.translation.text.things import LANGUAGES, nouns

Write = Callable[[str, str, str], str | None]
MOST_CHARACTERS = 160  # of a statement
MOST_THINGS = 12
MOST_STATEMENTS = 6  # in one sentence
BEGINNING = 2  # characters by which statements are looked up; none has a gap in them
_NUMBER = rf"(\d{{1,3}}|[{MARKS}])"
_THINGS = r"(?P<things>[^.!?:()]{2,120})"
_STUFF = r"(?P<stuff>[^.!?:()]{2,120})"
_LABEL = rf"(?P<label>[^.!?:()\d{MARKS}]{{2,80}})"
_GAP = re.compile("[#@^~]")
_WORDS_GAP = re.compile("[@^~]")
_END = re.compile(r"\s*[.!]$")
_ARTICLE = re.compile(
    r"^(?:des?|du|de la|de l'|d'|les|la|le|l'|el|los|las|unos|unas)\s?", re.IGNORECASE
)


@lru_cache(maxsize=1)
def _rows() -> list[list[str]]:
    path = Path(__file__).parent / "data" / "notices.tsv"
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


@lru_cache(maxsize=4)
def _plain(language: str) -> dict[str, int]:
    """The row of each statement without a gap."""
    found: dict[str, int] = {}
    for number, row in enumerate(_rows()):
        for form in row[LANGUAGES.index(language)].split(";"):
            if not _GAP.search(form):
                found.setdefault(form.lower(), number)
    return found


@lru_cache(maxsize=4)
def _gapped(language: str) -> dict[str, list[tuple[re.Pattern[str], int]]]:
    """Statements with gaps, by their beginning; those that begin with a gap by nothing."""
    found: dict[str, list[tuple[re.Pattern[str], int]]] = {}
    for number, row in enumerate(_rows()):
        for form in row[LANGUAGES.index(language)].split(";"):
            if _GAP.search(form):
                body = re.escape(form).replace(r"\#", _NUMBER).replace("@", _THINGS)
                body = body.replace(r"\~", _LABEL).replace(r"\^", _STUFF)
                start = "" if _GAP.match(form) else form[:BEGINNING].lower()
                found.setdefault(start, []).append((re.compile(body, re.IGNORECASE), number))
    return found


def marked_notice(text: str, source: str, target: str) -> str | None:
    """See `notice`; texts that differ in their marks alone are looked up once."""
    marks = sorted({*MARK.findall(text)})
    if not marks:
        return notice(text, source, target)
    there = {ord(mark): ord(MARKS[0]) + place for place, mark in enumerate(marks)}
    known = notice(text.translate(there), source, target)
    return known and known.translate({first: mark for mark, first in there.items()})


@lru_cache(maxsize=256)  # a sentence is looked up whole, then in parts, of which it may be one
def notice(text: str, source: str, target: str) -> str | None:
    """A statement in the target language, with its end sign; None where it is none of these."""
    if source not in LANGUAGES or target not in LANGUAGES or len(text) > MOST_CHARACTERS:
        return None
    end = _END.search(text)
    sign = end[0].strip() if end else ""
    body = text[: end.start()] if end else text
    body = " ".join(body.replace("’", "'").split())
    written = _written(body, source, target) or _in_turn(body, source, target)
    if written is None:
        return None
    if sign == "!":
        return {"fr": f"{written} !", "es": f"¡{written}!"}.get(target, f"{written}!")
    return written + sign


def _in_turn(body: str, source: str, target: str) -> str | None:
    """Several statements parted by commas or "and"; None where one of them is not known."""
    parts = re.split(rf"(, | & | {AND[source]} )", body)
    if not 1 < len(parts) <= 2 * MOST_STATEMENTS:
        return None
    written = ""
    for place, part in enumerate(parts):
        if place % 2:
            written += f" {AND[target]} " if AND[source] in part else part
            continue
        known = _written(part, source, target)
        if known is None:
            return None
        written += small_first(known, target) if place else known
    return written


def _written(body: str, source: str, target: str) -> str | None:
    place = LANGUAGES.index(target)
    number = _plain(source).get(body.lower())
    if number is not None:
        return _rows()[number][place].split(";")[0]
    gapped = _gapped(source)
    for pattern, number in (*gapped.get(body[:BEGINNING].lower(), ()), *gapped.get("", ())):
        match = pattern.fullmatch(body)
        if match is None:
            continue
        written = _rows()[number][place].split(";")[0]
        filled = _filled(written, match, source, target)
        if filled is not None:
            return filled
    return None


def _filled(written: str, match: re.Match[str], source: str, target: str) -> str | None:
    """A statement with what stands in its gaps; None where a thing is not known."""
    given = match.groupdict()
    if given:
        known = _gap(given, source, target)
        if known is None:
            return None
        written = _contracted(_WORDS_GAP.sub(known, written), target)
    named = [match.re.groupindex[name] for name in given]
    figures = [group for place, group in enumerate(match.groups(), 1) if place not in named]
    for figure in figures:
        written = written.replace("#", figure, 1)
    return written


def _gap(given: dict[str, str], source: str, target: str) -> str | None:
    """What stands in a gap, in the target language."""
    if "label" in given:
        return labels.label(given["label"], source, target)
    if "things" in given:
        return _each(given["things"], source, target, _thing)
    return _each(given["stuff"], source, target, _stuff)


def _each(text: str, source: str, target: str, write: Write) -> str | None:
    """One or more things in the target language; None where one of them is not known."""
    joined = rf"\s*,\s*|\s+(?:{AND[source]}|{OR[source]})\s+"
    names = re.split(joined, text)
    joints = [joint.strip() for joint in re.findall(joined, text)]
    if len(names) > MOST_THINGS:
        return None
    words = {AND[source]: f" {AND[target]} ", OR[source]: f" {OR[target]} ", ",": ", "}
    result = ""
    for joint, name in zip(["", *joints], names, strict=True):
        written = write(name, source, target)
        if written is None:
            return None
        result += words.get(joint.lower(), "") + written
    return result


def _thing(name: str, source: str, target: str) -> str | None:
    found = nouns(source).get(_ARTICLE.sub("", name.lower())) or nouns(source).get(name.lower())
    if found is None:
        return None
    thing, plural = found
    return thing.nouns[target].form(plural=plural)


def _stuff(name: str, source: str, target: str) -> str | None:
    """A colour or a material rather than a thing: "walnut" is a wood."""
    word = term(name, source, target)
    if word is None:
        return _thing(name, source, target)
    if target == "de":
        return word[0].upper() + word[1:]
    return all_small(word, target)


def _contracted(text: str, target: str) -> str:
    return re.sub(r"\bde (?=[aeéèœuo])", "d'", text) if target == "fr" else text
