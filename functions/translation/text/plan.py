"""How a sentence is taken to the model: whole, with its facts put aside, or piece by piece."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.translation.text import case, genders, lexicon, names, rarities
from functions.translation.text.attempts import (
    Attempt,
    Members,
    Part,
    Scored,
    Unit,
    around_marks,
    is_near,
    with_places_aside,
)
from functions.translation.text.normal import readable
from functions.translation.text.patterns import MARKS
from functions.translation.text.segments import has_words
from functions.translation.text.spans import Marked
from functions.translation.text.tidy import colon, tidy

if TYPE_CHECKING:
    from functions.translation.text.lists import Listing

_CODE = re.compile(r"(?:[2-6]?X{1,4}[SL]|XX?S|[A-Z])(?:/(?:[2-6]?X{1,4}[SL]|[A-Z]))*")
_COUNT = re.compile(r"\d{1,4}\s?[x×]\s?(?=[^\W\d_])")  # of a thing, as in "2x cups"
_COLON = re.compile(r"(?<=[^\W\d_])(\s?:\s+|\s?;\s+)")
LABEL_WORDS = 4  # of a text that a model may know better without its capital
_ASIDE = (
    rf"(?:[\s,;:()/–—-]|[{MARKS}]|\d+(?:[.,]\d+)*(?:\s?(?:%|(?:mm|cm|m|ml|l|kg|g|W|V|GB)\b))?)*"
)
_TERM = re.compile(
    rf"(?P<before>{_ASIDE}?)(?P<term>[^\W\d_](?:[^{MARKS}\d]*[^\W\d_])?)(?P<after>{_ASIDE})"
)
LONG_WORDS = 32  # of a sentence that is cut at its clauses
FRAGMENT_WORDS = 12  # of a piece, where the sentence did not come through otherwise
ALL_FACTS = ("date", "time", "number")


@dataclass(frozen=True)
class Planner:
    """Makes attempts at sentences from one language to another.

    Attributes:
        marked: the spans of the sentences' text.
        final: the language that the whole way ends in, which marks are written in.
    """

    source: str
    target: str
    final: str
    marked: Marked

    def first(self, core: str) -> Attempt:
        """The sentence with nothing but what never is for the model put aside."""
        is_last = self.target == self.final
        found = rarities.letter(readable(core), self.source, self.final) if is_last else None
        if found is not None:
            rest = self._readable(found.rest)
            return Attempt(
                [found.written, *(self._parts(rest, opens=False) if has_words(rest) else [rest])]
            )
        core = self._readable(core)
        known = self._notice(core)
        if known is not None:
            return Attempt([known])
        listing = rarities.listing(core, self.source)
        if listing is not None and listing.is_label:
            return self._list(listing)
        sides = _COLON.split(core)
        if len(sides) > 1 and any(self._known(side.strip()) for side in sides[::2]):
            return Attempt(self._beside_colons(sides, LONG_WORDS))
        return Attempt(self._parts(core))

    def stand_ins(self, core: str, told: str, faults: Collection[str]) -> Attempt | None:
        """The sentence with others for the words that its translation lacks; None without any.

        What else went wrong is put aside, as in the second attempt.
        """
        core = self._with_facts_aside(core, faults)
        lost, _ = lexicon.missing(Marked.without(core), told, self.source, self.target)
        made = rarities.stand_ins(core, lost, self.source, self.target, self.marked)
        if made is None:
            return None
        return Attempt(self._parts(made.core), put_back=made.put_back)

    def rank(self, unit: Unit) -> None:
        """Put the likely translations of a unit first that lack the fewest of its words.

        Of those, the ones in which the fewest articles disagree with their nouns.
        """
        if len(unit.results) < 2:
            return
        core, likeliest = Marked.without(unit.core), unit.result(0)

        def order(one: Scored) -> tuple[bool, int, int]:
            told = Marked.without(one.text)
            lost, _ = lexicon.missing(core, told, self.source, self.target)
            wrong = genders.disagreements(told, self.target)
            return not is_near(one, likeliest), len(lost), wrong

        unit.results.sort(key=order)

    def second(self, core: str, faults: Collection[str]) -> Attempt:
        """The sentence with what went wrong put aside: facts, names, the members of a list."""
        core = self._with_facts_aside(core, faults)
        listing = rarities.listing(core, self.source)
        if listing is not None:
            return self._list(listing)
        if len(core.split()) <= LABEL_WORDS and case.case_of(core, self.source) != "upper":
            return Attempt([self._part(core, opens=True, small=True)])
        parts = _COLON.split(core)
        most = FRAGMENT_WORDS if {"repetition", "untranslated"} & set(faults) else LONG_WORDS
        return Attempt(self._beside_colons(parts, most))

    def _with_facts_aside(self, core: str, faults: Collection[str]) -> str:
        core = self._readable(core)
        core = rarities.mark_facts(core, [*faults], self.source, self.final, self.marked)
        return self._without_names(core) if "name" in faults else core

    def third(self, core: str) -> Attempt:
        """The sentence piece by piece, so that all that must not change is out of the way."""
        core = self._readable(core)
        core = self._without_names(
            rarities.mark_facts(core, ALL_FACTS, self.source, self.final, self.marked)
        )
        parts: list[Part] = []
        for place, part in enumerate(_COLON.split(core)):
            for piece in [part] if place % 2 else around_marks(part):
                parts += self._parts(piece, opens=not parts, most=FRAGMENT_WORDS)
        return Attempt(parts)

    def _beside_colons(self, parts: Sequence[str], most: int) -> list[Part]:
        found: list[Part] = []
        for place, part in enumerate(parts):
            if place % 2:
                found.append(colon(part, self.final))
            else:
                found += self._parts(part, opens=not place or part[:1].isupper(), most=most)
        return found

    def _list(self, listing: "Listing") -> Attempt:
        """A list in its sentence: a mark for all members, which are translated on their own."""

        def join(members: list[str]) -> str:
            text = listing.joined(members, self.source, self.target)
            opens = listing.opens and listing.members[0][:1].isupper()
            return case.first_capital(text) if opens else text

        known = {one: listing.known(one, self.source, self.target) for one in listing.members}
        parts = [known[one] or self._part(one, opens=False) for one in listing.members]
        members = Members(parts, join)
        if listing.is_label:
            head = listing.head.rstrip(" :")
            label = self._parts(head) if has_words(head) else [head]
            sign = colon(listing.head[len(head) :], self.final)
            mark = self.marked.mark_text("")
            return Attempt([*label, sign, mark, listing.tail], {mark: members})
        mark = self.marked.mark_text("")
        carrier = f"{listing.head}{mark}{listing.tail}"
        return Attempt(self._parts(carrier), {mark: members})

    def _parts(self, core: str, *, opens: bool = True, most: int = LONG_WORDS) -> list[Part]:
        """A text as one part, or cut at its clauses where it is longer than ``most``."""
        if not has_words(core):
            return [core]
        pieces = rarities.clauses(core, self.source, most)
        return [self._part(piece, opens=opens and not at) for at, piece in enumerate(pieces)]

    def _part(self, text: str, *, opens: bool, small: bool = False) -> Part:
        """A unit; the text itself where it holds nothing to translate."""
        bare, put_back = rarities.lift(text, self.marked)
        core = bare.strip()
        if not has_words(core) or _CODE.fullmatch(core):
            return text
        start = text[: len(text) - len(text.lstrip())]
        end = text[len(text.rstrip()) :]
        count = _COUNT.match(core)
        if count is not None:
            start, core = start + count[0], core[count.end() :]
        known = self._known(core)
        if known is not None:
            return start + put_back(known) + end
        found = case.case_of(core, self.source)
        recase = case.recased(found, core, self.target)
        target = self.target

        def finish(output: str) -> str:
            tidied = tidy(output.strip(), core, target, opens=opens)
            if opens and core[0].isupper() and core[-1] in ".!?":
                tidied = case.first_capital(tidied) if tidied[:1].islower() else tidied
            return start + put_back(recase(tidied) if opens or found == "upper" else tidied) + end

        cased = case.sentence_case(core, found, self.source)
        return Unit(case.small_first(cased, self.source) if small else cased, finish, text)

    def _known(self, core: str) -> str | None:
        """A term or a statement of the tables; None where it is neither."""
        known = self._term(core)
        return self._notice(core) if known is None else known

    def _notice(self, core: str) -> str | None:
        """A statement of which every word is known; None where it is none."""
        bare, put_back = rarities.lift(core, self.marked)
        known = rarities.notice(bare, self.source, self.target)
        if known is None:
            return None
        if bare[:1].islower() and not known.startswith("Sie "):
            known = case.small_first(known, self.target)
        found = case.case_of(bare, self.source)
        recased = found == "upper" or bare[:1].isupper()
        return put_back(case.recased(found, bare, self.target)(known) if recased else known)

    def _term(self, core: str) -> str | None:
        """A text that is a term, perhaps between marks and figures; None where it is not."""
        match = _TERM.fullmatch(core)
        if match is None:
            return None
        known = rarities.known_label(match["term"], self.source, self.target)
        if known is None:
            return None
        found = case.case_of(match["term"], self.source)
        if match["term"][:1].isupper():
            known = case.recased(found, match["term"], self.target)(known)
        elif self.target != "de":
            known = case.all_small(known, self.target)
        before, after = (
            rarities.figures_localised(match[name], self.source, self.target)
            for name in ("before", "after")
        )
        return f"{before}{known}{after}"

    def _readable(self, core: str) -> str:
        core = rarities.in_full(readable(core), self.source, self.final, self.marked)
        core = rarities.mark_brands(core, self.source, self.marked)
        return self._without_codes(core)

    def _without_codes(self, core: str) -> str:
        """The sentence with marks for its lists of sizes, and for words that are to be typed."""
        for word in case.typed_words(core):
            core = re.sub(rf"(?<!\w){word}(?!\w)", self.marked.mark_text(word), core, count=1)
        core = names.mark_numbered(core, self.source, self.marked)
        return rarities.mark_sizes(core, self.source, self.final, self.marked)

    def _without_names(self, core: str) -> str:
        places = (
            (start, end, names.in_target(core[start:end], self.source, self.target))
            for start, end in reversed(names.names(core, self.source))
        )
        return with_places_aside(core, places, self.marked)
