"""Names of well-known brands whose words a language has too: ``Apple Watch`` is no fruit.

In ``brands.txt`` a name after ``*`` is one only beside a thing that shops sell ("Vans trainers").
A shop's own are in the setting ``TRANSLATION_KEEP``.
"""

import re
from functools import lru_cache
from pathlib import Path

from functions.translation.text.spans import Marked
from functions.translation.text.things import LANGUAGES, nouns

_NEXT = re.compile(r"\s([^\W\d_][\w'’-]*)")
_LAST = re.compile(r"([^\W\d_][\w'’-]*)\s$")
MOST_BEFORE = 40  # characters that are looked at


@lru_cache(maxsize=1)
def _names() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Names that are always such, and those that are beside a thing."""
    path = Path(__file__).parent / "data" / "brands.txt"
    names = path.read_text(encoding="utf-8").splitlines()
    always = sorted((name for name in names if name[0] != "*"), key=len, reverse=True)
    beside = [name[1:] for name in names if name[0] == "*"]
    forms = (
        "|".join(re.escape(name).replace("'", "['’]") for name in row) for row in (always, beside)
    )
    first, second = (re.compile(rf"(?<![\w'’-])(?:{form})(?![\w'’-])") for form in forms)
    return first, second


def mark_brands(core: str, language: str, marked: Marked) -> str:
    """The sentence with a mark for each brand."""
    always, beside = _names()
    core = always.sub(lambda match: marked.mark_text(match[0]), core)
    if language not in LANGUAGES:
        return core
    things = nouns(language)

    def replace(match: re.Match[str]) -> str:
        after = _NEXT.match(core, match.end())
        before = _LAST.search(core[max(0, match.start() - MOST_BEFORE) : match.start()])
        words = [found[1].lower() for found in (before, after) if found]
        return marked.mark_text(match[0]) if any(word in things for word in words) else match[0]

    return beside.sub(replace, core)
