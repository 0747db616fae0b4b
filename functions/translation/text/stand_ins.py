"""Words that a model does not know, said by others in their place.

A noun goes through the model as one that every model knows, of the same gender and number, so that
all that agrees with it comes out right: "The kettle is broken" as "The table is broken", whose
``La mesa está rota`` becomes ``La tetera está rota``. Into English, which has no gender, and for
words that have but one form, the translation itself is put aside instead.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from functions.translation.text.labels import label
from functions.translation.text.lexicon import Known, Meaning, table, written_small
from functions.translation.text.patterns import MARKS
from functions.translation.text.spans import Marked
from functions.translation.text.things import LANGUAGES, Noun, Thing, nouns

MOST = 4  # words of a sentence
WORDS_BESIDE = 3  # of a word, which may be said of the same thing
_TOKEN = re.compile(r"[^\W\d_][\w'’-]*")
_NEXT = re.compile(r"\s[\w'’-]+")
_CLAUSE = re.compile(rf"[^\w\s'’-]|[{MARKS}]")
_COMMON = {
    ("de", "m"): ("dog", "table"), ("de", "f"): ("lamp", "bag"), ("de", "n"): ("book", "house"),
    ("fr", "m"): ("book", "dog"), ("fr", "f"): ("table", "house"),
    ("es", "m"): ("book", "dog"), ("es", "f"): ("table", "house"),
}  # fmt: skip
_SILENT = re.compile(r"[aeiouyàâéèêëîïôûùœ]|h(?!amac|aut|ousse)", re.IGNORECASE)
_ELISIONS = (
    (r"\b(l)[ea] $", r"\1'"), (r"\b(d)e $", r"\1'"), (r"\b(d)u $", r"\1e l'"),
    (r"\b(a)u $", "à l'"), (r"\b(c)e $", r"\1et "), (r"\b([mts])a $", r"\1on "),
    (r"\bde la $", "de l'"), (r"\bà la $", "à l'"), (r"\b(qu)e $", r"\1'"),
)  # fmt: skip


@dataclass
class _Stand:
    """A noun in place of another, in the target language."""

    common: Noun
    meant: Noun


class _Put(NamedTuple):
    """What is written in place of a part of a sentence."""

    start: int
    end: int
    written: str


@dataclass
class StandIns:
    """A sentence with other words in it, and how they are taken out of its translation again.

    Attributes:
        core: what the model reads.
    """

    core: str
    target: str
    stands: list[_Stand] = field(default_factory=list)

    def put_back(self, text: str) -> str | None:
        """A translation with what was meant; None where a stand-in is not in it just once."""
        for stand in self.stands:
            found = list(_forms(stand.common, self.target).finditer(text))
            if len(found) != 1:
                return None
            text = _exchanged(text, found[0], stand, self.target)
        return text


def stand_ins(
    core: str, words: list[Known], source: str, target: str, marked: Marked
) -> StandIns | None:
    """The sentence with stand-ins or marks for some of its words; None where it has none.

    Args:
        core: a marked sentence.
        words: of it that were missing in its translation.
        source: language of the sentence.
        target: of the translation.
        marked: the spans.
    """
    if source not in LANGUAGES or target not in LANGUAGES:
        return None
    made = StandIns(core, target)
    found: list[_Put] = []
    free = len(core)  # what is behind has its stand-in already
    for one in sorted(words[:MOST], reverse=True):
        put = None if one.end > free else _put(made, one, source, free, marked)
        if put is not None:
            found.append(put)
            free = put.start
    for put in found:
        before, after = made.core[: put.start], made.core[put.end :]
        if source == "en" and put.written[0] not in "aeiou":
            before = re.sub(r"\b([Aa])n $", r"\1 ", before)
        made.core = before + put.written + after
    return made if found else None


def _put(made: StandIns, one: Known, source: str, free: int, marked: Marked) -> _Put | None:
    """What stands for a word, or into English for the thing that it is said of too."""
    core = made.core
    for start, end in _spans(core, one, free) if made.target == "en" else ():
        written = label(core[start:end], source, "en")
        if written is not None:
            return _Put(start, end, marked.mark_text(written))
    text = _written(made, one, source, _like(core[one.start : one.end]), marked)
    return None if text is None else _Put(one.start, one.end, text)


def _spans(core: str, one: Known, free: int) -> list[tuple[int, int]]:
    """What stands around a word in its clause, at least one word more, the longest first."""
    before = [match.start() for match in _TOKEN.finditer(core[: one.start])][-WORDS_BESIDE:]
    starts = [place for place in before if not _CLAUSE.search(core[place : one.start])]
    ends = [one.end + match.end() for match in _NEXT.finditer(core[one.end : free])]
    ends = [end for end in ends[:WORDS_BESIDE] if not _CLAUSE.search(core[one.end : end])]
    spans = [(start, end) for start in [*starts, one.start] for end in [one.end, *ends]]
    return sorted(set(spans) - {(one.start, one.end)}, key=lambda span: span[0] - span[1])


def _like(found: str) -> Callable[[str], str]:
    """What writes another word in the case of one that was found."""
    return str.upper if len(found) > 1 and found.isupper() else str


def _written(
    made: StandIns, one: Known, source: str, like: Callable[[str], str], marked: Marked
) -> str | None:
    """What stands for a word in the sentence; None where nothing can."""
    thing = nouns(source).get(one.word)
    if thing is not None and made.target != "en":
        common = _common(made, *thing, source)
        return None if common is None else like(common)
    if thing is not None:
        noun = thing[0].nouns["en"]
        return marked.mark_text(like(noun.form(plural=thing[1])))
    row = table(source, made.target).get(one.word)
    text = Meaning.of(row).written if row else ""
    if not text:
        return None
    return marked.mark_text(like(written_small(text, "de") if made.target == "de" else text))


def _common(made: StandIns, thing: Thing, plural: bool, source: str) -> str | None:
    """A word of the source that stands for a thing, of the gender it has in the target."""
    meant = thing.nouns[made.target]
    used = [stand.common.singular for stand in made.stands]
    for name in _COMMON[made.target, meant.gender]:
        common = nouns("en")[name][0]
        here, there = common.nouns[source], common.nouns[made.target]
        # It must be in the sentence only where it stands for the other.
        if there.singular in used or re.search(rf"\b{here.singular}", made.core, re.IGNORECASE):
            continue
        made.stands.append(_Stand(there, meant))
        return here.form(plural=plural or (meant.only_plural and source == "en"))
    return None


def _forms(noun: Noun, target: str) -> re.Pattern[str]:
    more = "(?:e?s)?" if target == "de" and noun.gender != "f" else ""
    dative = "n?" if target == "de" and noun.plural[-1] not in "ns" else ""
    plural = rf"(?P<plural>{re.escape(noun.plural)}{dative})"
    return re.compile(rf"\b(?:{plural}|{re.escape(noun.singular)}{more})\b", re.IGNORECASE)


def _exchanged(text: str, match: re.Match[str], stand: _Stand, target: str) -> str:
    meant = stand.meant.form(plural=bool(match["plural"]) or stand.meant.only_plural)
    if target == "de" and match["plural"] and match[0] != stand.common.plural:
        meant += "" if meant[-1] in "ns" else "n"
    if match[0].isupper():
        meant = meant.upper()
    elif match[0][0].isupper() and not stand.common.singular[0].isupper():
        meant = meant[0].upper() + meant[1:]
    before = text[: match.start()]
    if target == "fr" and _SILENT.match(meant):
        for pattern, instead in _ELISIONS:
            changed = re.sub(pattern, instead, before, flags=re.IGNORECASE)
            if changed != before:
                before = changed
                break
    return before + meant + text[match.end() :]
