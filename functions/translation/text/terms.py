"""Retail terms that are the whole of a label, a cell or a list's member: no model need guess them.

``basics.tsv`` has colours, materials, sizes and the words of product pages; ``lexicon.tsv.gz`` the
3,000 terms of this project's own training data (CC0).
"""

from functools import lru_cache
from pathlib import Path

LANGUAGES = ("en", "de", "fr", "es")
MOST_WORDS = 5


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[str, ...], ...]:
    import gzip  # noqa: PLC0415 - for the first text that asks

    folder = Path(__file__).parent / "data"
    text = (folder / "basics.tsv").read_text(encoding="utf-8")
    text += gzip.decompress((folder / "lexicon.tsv.gz").read_bytes()).decode("utf-8")
    rows = (tuple(line.split("\t")) for line in text.splitlines())
    return tuple(row for row in rows if len(row) == len(LANGUAGES))


@lru_cache(maxsize=8)
def _index(language: str) -> dict[str, tuple[str, ...]]:
    place = LANGUAGES.index(language)
    found: dict[str, tuple[str, ...]] = {}
    for row in _table():
        found.setdefault(row[place].lower(), row)
    return found


def term(text: str, source: str, target: str) -> str | None:
    """What a text is in the target language where it is a term and nothing else, else None."""
    if source not in LANGUAGES or target not in LANGUAGES or len(text.split()) > MOST_WORDS:
        return None
    row = _index(source).get(text.lower())
    return None if row is None else row[LANGUAGES.index(target)]
