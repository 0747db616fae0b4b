"""The German article of a glossary's term, which the model does not see and can only guess.

Where a term with its article is the subject of a sentence, the article agrees with the gender of
the term: that of the noun of `genders` or `things` that it is or ends in, or that all nouns of the
latter have which share its ending. Where nothing says its gender, the article stays as it is.
"""

import re
from functools import lru_cache

from functions.translation.text import genders
from functions.translation.text.patterns import MARKS
from functions.translation.text.spans import Marked
from functions.translation.text.things import nouns

SHORTEST, FEWEST = 3, 2  # letters of an ending, and nouns that have it
_ARTICLES = {"m": "Der", "f": "Die", "n": "Das"}
_GENDERS = {genders.M: "m", genders.F: "f", genders.N: "n"}
# A singular verb: a plural one has "die" with any gender, as other cases have other articles.
_SUBJECT = re.compile(
    rf"(?:Der|Die|Das)(?= ([{MARKS}]) (?:\w+t|wird|war|wurde|kann|muss|soll|darf|will)\b)"
)


def agreeing(text: str, marked: Marked) -> str:
    """A marked German sentence whose first article agrees with the term behind it."""
    subject = _SUBJECT.match(text)
    if subject is None:
        return text
    term = marked.span(subject[1])
    article = _ARTICLES.get(gender(term.text) or "") if term.term is not None else None
    return f"{article}{text[subject.end() :]}" if article else text


@lru_cache(maxsize=256)
def gender(term: str) -> str | None:
    """``m``, ``f`` or ``n``; None where it is not known."""
    word = (re.findall(r"[^\W\d_]+", term.lower()) or [""])[-1]
    known = nouns("de")
    if word in known and not known[word][1]:
        return known[word][0].nouns["de"].gender
    one = genders.gender(word.capitalize(), "de") & (genders.M | genders.F | genders.N)
    if one in _GENDERS:
        return _GENDERS[one]
    for size in range(len(word), SHORTEST - 1, -1):
        end = word[-size:]
        if end in known and not known[end][1]:
            return known[end][0].nouns["de"].gender
        alike = [
            thing for form, (thing, plural) in known.items() if not plural and form.endswith(end)
        ]
        found = {thing.nouns["de"].gender for thing in alike}
        if len(alike) >= FEWEST:
            return found.pop() if len(found) == 1 else None
    return None
