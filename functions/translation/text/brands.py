"""Names of well-known brands whose words a language has too: ``Apple Watch`` is no fruit.

In ``brands.txt`` a name after ``*`` is one only beside a thing that shops sell ("Vans trainers").
A shop's own are in the setting ``TRANSLATION_KEEP``.
"""

import re
from functools import lru_cache
from pathlib import Path

from functions.translation.text.spans import Marked

_NEXT = re.compile(r"\s([^\W\d_][\w'’-]*)")
_LAST = re.compile(r"([^\W\d_][\w'’-]*)\s$")
MOST_BEFORE = 40  # characters that are looked at


@lru_cache(maxsize=1)
def _names() -> tuple[list[str], list[str]]:
    """Names that are always such, and those that are beside a thing."""
    path = Path(__file__).parent / "data" / "brands.txt"
    names = path.read_text(encoding="utf-8").splitlines()
    always = sorted((name for name in names if name[0] != "*"), key=len, reverse=True)
    return always, [name[1:] for name in names if name[0] == "*"]


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    forms = ("|".join(re.escape(name).replace("'", "['’]") for name in row) for row in _names())
    first, second = (re.compile(rf"(?<![\w'’-])(?:{form})(?![\w'’-])") for form in forms)
    return first, second


def _may_have_any(core: str) -> bool:
    """Whether it is worth making the patterns, which takes longer than to look for each name."""
    plain = core.replace("’", "'")
    return any(any(map(plain.__contains__, names)) for names in _names())


def _is_thing(word: str, language: str) -> bool:
    from functions.translation.text.things import LANGUAGES, nouns  # noqa: PLC0415 - few need it

    return language in LANGUAGES and word in nouns(language)


def mark_brands(core: str, language: str, marked: Marked) -> str:
    """The sentence with a mark for each brand."""
    if not _may_have_any(core):
        return core
    always, beside = _patterns()
    core = always.sub(lambda match: marked.mark_text(match[0]), core)

    def replace(match: re.Match[str]) -> str:
        after = _NEXT.match(core, match.end())
        before = _LAST.search(core[max(0, match.start() - MOST_BEFORE) : match.start()])
        words = [found[1].lower() for found in (before, after) if found]
        is_name = any(_is_thing(word, language) for word in words)
        return marked.mark_text(match[0]) if is_name else match[0]

    return beside.sub(replace, core)
