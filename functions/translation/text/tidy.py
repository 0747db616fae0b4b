"""A translation made to fit where its source stood: end signs, first letter, doubled articles."""

import re
from functools import lru_cache

from functions.translation.text.articles import agreeing
from functions.translation.text.lexicon import common_words
from functions.translation.text.patterns import MARKS
from functions.translation.text.spans import Marked, Span

_ENDS = ".!?…:;,"
_LAST = re.compile(rf"(?P<sign>[{re.escape(_ENDS)}]+)(?P<close>[\"'”“’‘»«)\]{MARKS}]*)$")
_BESIDE = re.compile(rf"(?P<one>[{MARKS}]|\d)(?P<sign>[.,:]?)(?=(?P<next>[{MARKS}]))")
_POLITE = re.compile(r"(?:Sie|Ihnen|Ihr(?:e[mnrs]?)?)\b")
_TO_A_DAY = re.compile(
    r"\b(jusqu['’])à (?=\d{1,2} (?:janv|févr|mars|avril|mai|juin|juil|août|sept|oct|nov|déc))"
)
_BEFORE_MARK = re.compile(rf"(?<!\w)([^\W\d_]{{1,4}}(?: zum)?) ([{MARKS}])")
# What a mark that brings its own article makes of a preposition before it.
_CONTRACTIONS = {
    "es": ((r"^las? (?=las? )", ""), (r"^el (?=el )", ""), (r"^a el ", "al "), (r"^de el ", "del "),
           (r"^en (?=el \d)", ""), (r"^a (?=a las? )", ""), (r"^las? (?=a las? )", "")),
    "fr": ((r"^à le ", "au "), (r"^de le ", "du "), (r"^(?:le|en|sur) (?=le \d)", ""),
           (r"^à (?=à \d)", "")),
    "de": ((r"^am (?=am )", ""), (r"^um (?=um )", ""), (r"^(?:auf|an) (?=am )", ""),
           (r"^bis zum am ", "bis zum ")),
    "en": ((r"^(on|at) (?=\1 )", ""), (r"^(?:in|at) (?=on )", "")),
}  # fmt: skip


@lru_cache(maxsize=256)
def tidy(output: str, source: str, target: str, *, opens: bool) -> str:
    """A translation with its source's end sign, and no capital that only a sentence has.

    Args:
        output: marked, without spaces around it.
        source: the same.
        target: of the output.
        opens: whether it opens a sentence; if not, it goes on from other words.
    """
    text = _end_sign(output, source, target)
    if target == "fr":
        text = _TO_A_DAY.sub(r"\1au ", text)
    return text if opens else _without_capital(text, source, target)


def contracted(text: str, target: str, marked: Marked) -> str:
    """A text whose marks have the right word before them.

    A mark may bring an article or a preposition that stands there already, and a German term wants
    the article of its gender.
    """

    def join(match: re.Match[str]) -> str:
        both = f"{match[1]} {marked.span(match[2]).text}"
        written = _as_one(both, target)
        return match[0] if written == both else marked.mark(Span(written))

    joined = _BEFORE_MARK.sub(join, text)
    return agreeing(joined, marked) if target == "de" else joined


@lru_cache(maxsize=256)
def _as_one(text: str, target: str) -> str:
    """A preposition or an article before what may begin with one."""
    for pattern, instead in _CONTRACTIONS.get(target, ()):
        text = re.sub(pattern, instead, text, count=1)
    return text


def figures_apart(text: str, source: str, marked: Marked) -> str:
    """A text with a space between two marked figures that stand apart in its source.

    Args:
        text: a marked translation.
        source: a marked sentence.
        marked: the spans of both.
    """
    if not _BESIDE.search(text):
        return text
    here = marked.restore(source)

    def apart(match: re.Match[str]) -> str:
        before, behind = marked.restore(match["one"]), marked.restore(match["next"])
        figures = before[-1:].isdigit() and behind[:1].isdigit()
        sign = "[.,:]" if match["sign"] else ""  # which the target may write otherwise
        joined = f"{re.escape(before)}{sign}{re.escape(behind)}"
        return f"{match[0]} " if figures and not re.search(joined, here) else match[0]

    return _BESIDE.sub(apart, text)


def _end_sign(output: str, source: str, target: str) -> str:
    wanted, found = _LAST.search(source), _LAST.search(output)
    if wanted is None:
        if found is None:
            return output
        return output[: found.start()].rstrip().lstrip("¿¡") + found["close"]
    sign = wanted["sign"]
    if found is not None:
        same_kind = found["sign"][0] in ".!?…" and sign[0] in ".!?…"
        return (
            output
            if same_kind
            else _with_sign(output[: found.start()], sign, target) + found["close"]
        )
    return _with_sign(output, sign, target)


def _with_sign(text: str, sign: str, target: str) -> str:
    space = " " if target == "fr" and sign[0] in ":;!?" else ""
    return f"{text.rstrip()}{space}{sign}"


def _without_capital(output: str, source: str, target: str) -> str:
    first = re.search(r"[^\W\d_]", source)
    if first is None or first[0].isupper() or not output[:1].isupper():
        return output
    word = re.match(r"[^\W\d_]+(?:['’][^\W\d_]+)?", output)
    if word is None or (len(word[0]) > 1 and word[0].isupper()) or word[0] == "I":
        return output
    if target == "de" and (_POLITE.match(output) or word[0].lower() not in common_words("de")):
        return output
    return output[0].lower() + output[1:]


def colon(sign: str, target: str) -> str:
    """A colon or semicolon with the space that French has before it, and no other language."""
    if not sign.strip():
        return sign
    space = sign[len(sign.rstrip()) :]
    return f" {sign.strip()}{space}" if target == "fr" else f"{sign.strip()}{space}"
