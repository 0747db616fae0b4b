"""Names of countries and cities that each language has its own word for.

``places.tsv`` was written for this project (CC0).
"""

from functools import lru_cache
from pathlib import Path

LANGUAGES = ("en", "de", "fr", "es")


@lru_cache(maxsize=4)
def _index(language: str) -> dict[str, tuple[str, ...]]:
    path = Path(__file__).parent / "data" / "places.tsv"
    place = LANGUAGES.index(language)
    rows = (tuple(line.split("\t")) for line in path.read_text(encoding="utf-8").splitlines())
    return {row[place]: row for row in rows}


def place(name: str, source: str, target: str) -> str | None:
    """What a place is called in the target language; None where it is in no list."""
    if source not in LANGUAGES or target not in LANGUAGES:
        return None
    row = _index(source).get(name)
    return None if row is None else row[LANGUAGES.index(target)]
