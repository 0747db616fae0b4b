"""Genders of nouns in German, French and Spanish, and the determiners that go with each.

``genders.txt.gz`` (made by ``python -m training.translation.dictionary`` of nouns written for this
project, CC0) has a part for each language and in it a line for each of `GENDERS`: its nouns in the
form that texts have, parted by semicolons.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from functions.translation.text.dictionary import COLUMN_END

M, F, N, P, FP = GENDERS = (1, 2, 4, 8, 16)  # FP: Spanish feminine plurals; P: all other plurals
DP = 32  # German plurals in the dative, mostly P as well
LANGUAGES = ("de", "fr", "es")
SHORTEST_FIRST, SHORTEST_LAST, LONGEST_LAST = 3, 5, 30  # letters of a German compound's parts
_DATA = Path(__file__).parent / "data" / "genders.txt.gz"
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_OWNERS = ("kein", "mein", "dein", "sein", "ihr", "Ihr", "unser")
_POINTING = ("dies", "jed", "jen", "welch")
# Endings of feminine German nouns: before a compound's last part is looked for, and after it.
_FEMININE = ("schaft", "heit", "keit", "tät", "tion", "sion")
_MOSTLY_FEMININE = ("ung",)
_DETERMINERS: Mapping[str, Mapping[str, int]] = {
    "de": {
        "der": M | F | P, "die": F | P, "das": N, "den": M | DP, "dem": M | N, "des": M | N,
        "ein": M | N, "eine": F, "einen": M, "einem": M | N, "einer": F, "eines": M | N,
        "im": M | N, "am": M | N, "zum": M | N, "zur": F, "vom": M | N, "beim": M | N, "ins": N,
        "ans": N, "aufs": N, "fürs": N, "beide": P, "mehrere": P, "viele": P, "einige": P,
        **{
            owner + ending: genders
            for owner in _OWNERS
            for ending, genders in (("", M | N), ("e", F | P), ("en", M | DP), ("em", M | N),
                                    ("er", F | P), ("es", M | N))
        },
        **{
            word + ending: genders
            for word in _POINTING
            for ending, genders in (("er", M | F | P), ("e", F | P), ("es", M | N),
                                    ("en", M | DP), ("em", M | N))
        },
    },
    "fr": {
        "le": M, "un": M, "du": M, "au": M, "ce": M, "cet": M, "aucun": M, "quel": M,
        "la": F, "une": F, "cette": F, "ma": F, "ta": F, "sa": F, "aucune": F, "quelle": F,
        "mon": M | F, "ton": M | F, "son": M | F, "notre": M | F, "votre": M | F, "leur": M | F,
        "chaque": M | F,
        **dict.fromkeys(("les", "des", "aux", "ces", "mes", "tes", "ses", "nos", "vos", "leurs",
                         "plusieurs", "quelques", "quels", "quelles"), P),
    },
    "es": {
        **dict.fromkeys(("el", "un", "del", "al", "este", "ese", "aquel", "algún", "ningún"), M),
        **dict.fromkeys(("la", "una", "esta", "esa", "aquella", "alguna", "ninguna"), F),
        **dict.fromkeys(("los", "unos", "estos", "esos", "aquellos", "algunos"), P),
        **dict.fromkeys(("las", "unas", "estas", "esas", "aquellas", "algunas"), FP),
        **{
            word + ending: genders
            for word in ("nuestr", "vuestr", "otr")
            for ending, genders in (("o", M), ("a", F), ("os", P), ("as", FP))
        },
        **dict.fromkeys(("mi", "tu", "su", "cada"), M | F),
        **dict.fromkeys(("mis", "tus", "sus"), P | FP),
    },
}  # fmt: skip


def determiners(language: str) -> Mapping[str, int]:
    """Words before a noun, with the genders (a sum of `GENDERS`) that a noun behind may have."""
    return _DETERMINERS.get(language, {})


@lru_cache(maxsize=4_096)
def gender(noun: str, language: str) -> int:
    """The genders, mostly one, of a noun as it is written; 0 where none is known.

    A German compound has that of its last part.
    """
    known = _nouns(language)
    if language == "de":
        return _german(noun, known) if noun[:1].isupper() else 0
    found = known.get(noun, 0)
    if found & (M | F) and noun.endswith(("s", "x", "z")):
        found |= P  # "le bois", "les bois"; "el paraguas", "los paraguas"
    return found | (M | F if found & (M | F) and noun.endswith(("iste", "ista")) else 0)


def _german(noun: str, known: Mapping[str, int]) -> int:
    found = _whole(noun, known)
    if found or noun.endswith(_FEMININE):
        return found or F
    longest = noun[-LONGEST_LAST:]
    first = max(0, SHORTEST_FIRST - (len(noun) - len(longest)))
    lasts = range(first, len(longest) - SHORTEST_LAST + 1)
    parts = (_whole(longest[place:].capitalize(), known) for place in lasts)
    return next(filter(None, parts), F if noun.endswith(_MOSTLY_FEMININE) else 0)


def _whole(noun: str, known: Mapping[str, int]) -> int:
    """Of a noun that the table has, or of its dative plural or genitive."""
    found = known.get(noun, 0)
    if found:
        return found | (DP if found & P and noun.endswith(("n", "s")) else 0)
    if noun.endswith("n") and known.get(noun[:-1], 0) & P:
        return DP
    owners = (noun.removesuffix(ending) for ending in ("s", "es") if noun.endswith(ending))
    return next(filter(None, (known.get(owner, 0) & (M | N) for owner in owners)), 0)


def disagreements(text: str, language: str) -> int:
    """Determiners of a text right before a noun of another gender or number."""
    known, words = determiners(language), _WORD.findall(text)
    pairs = pairwise(words) if known else ()
    both = ((known.get(word) or known.get(word.lower(), 0), noun) for word, noun in pairs)
    found = ((before, gender(noun, language)) for before, noun in both if before)
    return sum(bool(of) and not before & of for before, of in found)


@lru_cache(maxsize=len(LANGUAGES))
def _nouns(language: str) -> Mapping[str, int]:
    import gzip  # noqa: PLC0415 - for the first text that asks

    if language not in LANGUAGES:
        return {}
    parts = gzip.decompress(_DATA.read_bytes()).decode("utf-8").split(COLUMN_END)
    found: dict[str, int] = {}
    for one, line in zip(GENDERS, parts[LANGUAGES.index(language)].split("\n"), strict=True):
        for noun in filter(None, line.split(";")):
            found[noun] = found.get(noun, 0) | one
    return found
