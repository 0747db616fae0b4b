"""Members of a list that the tables know: what each becomes, and whether a translation says it."""

import re
from collections.abc import Sequence

from functions.translation.text import labels, lexicon, terms
from functions.translation.text.counts import counts
from functions.translation.text.things import LANGUAGES, nouns

_DEFINITE = {
    "en": ("the",),
    "de": ("der", "die", "das", "den", "dem"),
    "fr": ("le", "la", "les", "l'"),
    "es": ("el", "la", "los", "las"),
}
_OF_SOME = {
    "en": ("some",), "de": (), "fr": ("des", "du", "de la", "de l'"), "es": ("unos", "unas"),
}  # fmt: skip
_OTHERS = {"en": ("a", "an"), "de": (), "fr": ("un", "une"), "es": ("un", "una")}
_SILENT = re.compile(r"[aeiouyàâéèêëîïôûùœ]|h(?!a(?:mac|ut|che|ricot)|ousse|omard)", re.IGNORECASE)
_STRESSED = re.compile(r"(?:agua|hacha|arma|ancla)\b")  # Spanish: "el hacha"


def member(text: str, source: str, target: str) -> str | None:
    """A thing with its article in the target language; None where the tables have it not.

    German lists have none: an article would tell a case that only the sentence knows.
    """
    if source not in LANGUAGES or target not in LANGUAGES:
        return None
    text = text.replace("’", "'")
    some = (*_OF_SOME[source], *(_OTHERS[source] if target == "de" else ()))
    bare = _without(text, some)
    if bare is not None:
        return labels.label(bare, source, target)
    bare = _without(text, _DEFINITE[source])
    if bare is None:  # a German noun's capital is none of a label
        return labels.label(text, source, target) if source == "de" else None
    found = labels.read(bare, source)
    if found is None or found.count is not None:
        return None
    written = labels.written(found, target)
    if target == "de":
        return written
    noun, plural = labels.noun(found, target)
    if target == "en":
        return f"the {written}"
    if target == "fr" and not plural and _SILENT.match(written):
        return f"l'{written}"
    article = {
        ("fr", False): "le" if noun.gender == "m" else "la", ("fr", True): "les",
        ("es", False): "el" if noun.gender == "m" or _STRESSED.match(written) else "la",
        ("es", True): "los" if noun.gender == "m" else "las",
    }[target, plural]  # fmt: skip
    return f"{article} {written}"


def are_said(members: Sequence[str], output: str, source: str, target: str) -> bool:
    """Whether a translation of a list has a meaning of each member that the tables know."""
    if source not in LANGUAGES or target not in LANGUAGES:
        return True
    there = output.lower()
    return all(_is_said(one, there, source, target) for one in members)


def _is_said(text: str, output: str, source: str, target: str) -> bool:
    text = text.strip().lower().replace("’", "'")
    bare = _without(text, (*_DEFINITE[source], *_OF_SOME[source], *_OTHERS[source])) or text
    count, _, counted = bare.partition(" ")
    bare = counted if counted and count in counts(source) else bare
    wordings = _wordings(bare, source, target)
    if not wordings or any(wording.lower() in output for wording in wordings):
        return True
    if re.search(rf"\b{re.escape(bare)}\b", output):  # left as it was
        return False
    lost, known = lexicon.missing(text, output, source, target)
    return known > len(lost)


def _wordings(bare: str, source: str, target: str) -> list[str]:
    """All that a member without its article may be; none where the tables have it not."""
    thing = nouns(source).get(bare)
    if thing is not None:
        return [*thing[0].nouns[target].forms()]
    term = terms.term(bare, source, target)
    return [term] if term else []


def _without(text: str, articles: tuple[str, ...]) -> str | None:
    """A text without the article that it begins with; None where it has none of these."""
    lower = text.lower()
    for article in sorted(articles, key=len, reverse=True):
        start = article if article.endswith("'") else f"{article} "
        if lower.startswith(start):
            return text[len(start) :]
    return None
