"""Words that mean one thing in a shop and another elsewhere, and what labels always say.

For directions without tables of meanings (`lexicon`) or notices (`notices`), whose models were made
for text of any kind: they take a parcel for an instalment and a table for one of figures. Three
remedies: of what their search finds, that without the wrong meaning; another word in the word's
place; and for labels of which all is known, no model.

``wordings.tsv`` and ``notices.pt.tsv`` were written for this project (CC0).
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from functions.translation.text.attempts import Scored
from functions.translation.text.patterns import MARKS

NOTICES = ("en-pt", "pt-en")
# Nats a token that a translation with the shop's meaning may be less likely than the likeliest.
MARGIN = 0.15
MOST_STATEMENTS = 6  # in one sentence
_LANGUAGES = ("en", "pt")  # columns of the notices
_DATA = Path(__file__).parent / "data"
_NUMBER = rf"(\d{{1,3}}(?: ?°C)?|[{MARKS}])"
_END = re.compile(r"\s*[.!]$")
_JOINT = re.compile(r", (?:and |e )?")
_CASED = re.compile(r"<(\w+)>")

Translate = Callable[[Sequence[tuple[int, str]]], list[list[Scored]]]


class Wording(NamedTuple):
    """What is known of one word.

    Attributes:
        pattern: of the source, where it has the shop's meaning.
        unless: of what the source then must not have; None where it may have anything.
        instead: what is written in its place, as `re.sub` takes it, a word in ``<>`` in the case of
            what it replaces; empty where nothing is.
        wrong: of a translation that took it for something else. Where none is known, the word is
            always replaced; else only where no translation is without.
    """

    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None
    instead: str
    wrong: re.Pattern[str] | None

    def is_in(self, core: str) -> bool:
        return bool(self.pattern.search(core)) and not (self.unless and self.unless.search(core))

    def mistaken(self, text: str) -> bool:
        """Whether a translation took the word for something else."""
        return self.wrong is not None and bool(self.wrong.search(text))

    def reworded(self, core: str) -> str:
        return self.pattern.sub(partial(_instead, instead=self.instead), core)


def _words(pattern: str) -> re.Pattern[str] | None:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE) if pattern else None


@lru_cache(maxsize=4)
def _wordings(direction: str) -> list[Wording]:
    lines = (_DATA / "wordings.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return [
        Wording(re.compile(pattern.replace("[M", f"[{MARKS}"), re.IGNORECASE), _words(unless),
                instead, _words(wrong))
        for where, pattern, unless, instead, wrong in rows
        if where == direction
    ]  # fmt: skip


def _instead(match: re.Match[str], instead: str) -> str:
    capital = match[0].lstrip(" ,.;:!?–—")[:1].isupper()
    written = _CASED.sub(lambda word: word[1] if capital else word[1].lower(), instead)
    expanded = match.expand(written)
    return expanded[0].upper() + expanded[1:] if match[0][0].isupper() else expanded


def translations(
    cores: Sequence[str], directions: Sequence[str], translate: Translate
) -> list[list[Scored]]:
    """Translations of marked sentences, the best first.

    Args:
        cores: the sentences.
        directions: of each, as ``en-pt``.
        translate: gives those of some, named by their places in ``cores`` and as they are worded.
    """
    results: list[list[Scored]] = [[] for _ in cores]
    asked = []
    for at, (core, direction) in enumerate(zip(cores, directions, strict=True)):
        known = statement(core, direction)
        if known is None:
            asked.append((at, reworded(core, direction)))
        else:
            results[at] = [Scored(known)]
    again = []
    for (at, core), found in zip(asked, translate(asked) if asked else [], strict=True):
        results[at] = _rightly_meant(core, found, directions[at])
        text = results[at][0].text if found else ""
        said = [one for one in _wordings(directions[at]) if one.instead and one.mistaken(text)]
        other = core
        for one in said:
            other = one.reworded(other) if one.is_in(other) else other
        if other != core:
            again.append((at, other))
    for (at, core), found in zip(again, translate(again) if again else [], strict=True):
        chosen = _rightly_meant(core, found, directions[at])
        if chosen and _mistakes(cores[at], chosen[0], directions[at]) < _mistakes(
            cores[at], results[at][0], directions[at]
        ):
            results[at] = chosen
    return results


def reworded(core: str, direction: str) -> str:
    """A marked sentence with words that the direction's model reads as they are meant."""
    for one in _wordings(direction):
        if one.instead and one.wrong is None and one.is_in(core):
            core = one.reworded(core)
    return core


def _rightly_meant(core: str, results: Sequence[Scored], direction: str) -> list[Scored]:
    """Those translations first that took no word of the sentence for something else.

    One that is less likely than the likeliest by more than `MARGIN` stays behind it.
    """
    likeliest = max((one.score for one in results), default=0.0)

    def order(one: Scored) -> tuple[bool, int]:
        return one.score < likeliest - MARGIN, _mistakes(core, one, direction)

    return sorted(results, key=order)


def _mistakes(core: str, result: Scored, direction: str) -> int:
    words = [one for one in _wordings(direction) if one.mistaken(result.text)]
    return sum(one.is_in(core) for one in words)


@lru_cache(maxsize=2)
def _statements(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of what labels say in a language, and what that is in the other."""
    lines = (_DATA / "notices.pt.tsv").read_text(encoding="utf-8").splitlines()
    here = _LANGUAGES.index(language)
    found = []
    for line in lines:
        cells = line.split("\t")
        written = cells[1 - here].split(";")[0]
        for form in cells[here].split(";"):
            body = re.escape(form).replace(r"\#", _NUMBER)
            found.append((re.compile(body, re.IGNORECASE), written))
    return found


def statement(core: str, direction: str) -> str | None:
    """What a label says, perhaps several things parted by commas; None where one is not known."""
    if direction not in NOTICES:
        return None
    end = _END.search(core)
    parts = _JOINT.split(core[: end.start()] if end else core)
    if len(parts) > MOST_STATEMENTS:
        return None
    known = [one for part in parts if (one := _one(part, direction[:2])) is not None]
    if len(known) < len(parts):
        return None
    joined = ", ".join([known[0], *(one[0].lower() + one[1:] for one in known[1:])])
    return joined + (end[0].strip() if end else "")


def _one(text: str, language: str) -> str | None:
    for pattern, written in _statements(language):
        match = pattern.fullmatch(text)
        if match:
            return written.replace("#", match[1]) if match.groups() else written
    return None
