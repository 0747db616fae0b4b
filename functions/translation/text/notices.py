"""What labels warn of and shops always say alike: statements that no model need guess.

``notices.tsv`` was written for this project (CC0). In a row, ``#`` is a number, a price or the
like, of which there may be several in one order, and ``@`` one or more of the things that `things`
knows; of forms parted by ``;`` the first is written.
"""

import re
from functools import lru_cache
from pathlib import Path

from functions.translation.text.lists import AND, OR
from functions.translation.text.patterns import MARKS
from functions.translation.text.things import LANGUAGES, nouns

MOST_CHARACTERS = 160  # of a statement
MOST_THINGS = 12
_NUMBER = rf"(\d{{1,3}}|[{MARKS}])"
_THINGS = r"(?P<things>[^.!?:()]{2,120})"
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
            if not re.search("[#@]", form):
                found.setdefault(form.lower(), number)
    return found


@lru_cache(maxsize=4)
def _gapped(language: str) -> list[tuple[re.Pattern[str], int]]:
    found = []
    for number, row in enumerate(_rows()):
        for form in row[LANGUAGES.index(language)].split(";"):
            if re.search("[#@]", form):
                body = re.escape(form).replace(r"\#", _NUMBER).replace("@", _THINGS)
                found.append((re.compile(body, re.IGNORECASE), number))
    return found


def notice(text: str, source: str, target: str) -> str | None:
    """A statement in the target language, with its end sign; None where it is none of these."""
    if source not in LANGUAGES or target not in LANGUAGES or len(text) > MOST_CHARACTERS:
        return None
    end = _END.search(text)
    sign = end[0].strip() if end else ""
    body = text[: end.start()] if end else text
    written = _written(" ".join(body.replace("’", "'").split()), source, target)
    if written is None:
        return None
    if sign == "!":
        return {"fr": f"{written} !", "es": f"¡{written}!"}.get(target, f"{written}!")
    return written + sign


def _written(body: str, source: str, target: str) -> str | None:
    place = LANGUAGES.index(target)
    number = _plain(source).get(body.lower())
    if number is not None:
        return _rows()[number][place].split(";")[0]
    for pattern, number in _gapped(source):
        match = pattern.fullmatch(body)
        if match is None:
            continue
        written = _rows()[number][place].split(";")[0]
        if "things" not in match.groupdict():
            for figure in match.groups():
                written = written.replace("#", figure, 1)
            return written
        named = _things(match["things"], source, target)
        if named is not None:
            return _contracted(written.replace("@", named), target)
    return None


def _things(text: str, source: str, target: str) -> str | None:
    """One or more things in the target language; None where one of them is not known."""
    joined = rf"\s*,\s*|\s+(?:{AND[source]}|{OR[source]})\s+"
    names = re.split(joined, text)
    joints = [joint.strip() for joint in re.findall(joined, text)]
    if len(names) > MOST_THINGS:
        return None
    written = []
    for name in names:
        found = nouns(source).get(_ARTICLE.sub("", name.lower())) or nouns(source).get(name.lower())
        if found is None:
            return None
        thing, plural = found
        written.append(thing.nouns[target].form(plural=plural))
    words = {AND[source]: f" {AND[target]} ", OR[source]: f" {OR[target]} ", ",": ", "}
    result = written[0]
    for joint, name in zip(joints, written[1:], strict=True):
        result += words[joint.lower()] + name
    return result


def _contracted(text: str, target: str) -> str:
    return re.sub(r"\bde (?=[aeéèœuo])", "d'", text) if target == "fr" else text
