"""A request's own terms: found in the text, put aside, and reported when they are used."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from functions.translation.schemas import AppliedTerm, GlossaryTerm
from functions.translation.text.spans import Marked


@dataclass(frozen=True, slots=True)
class KeptTerm:
    """A term of a terminology, which matches in its own case alone."""

    source: str
    target: str
    terminology: str
    case_sensitive: bool = True


AnyTerm = GlossaryTerm | KeptTerm


def mark_terms(text: str, glossary: Sequence[AnyTerm], marked: Marked) -> str:
    """The text with a mark for each occurrence of a term; the longest term wins."""
    if not glossary:
        return text
    order = [number for number in range(len(glossary)) if _may_hold(text, glossary[number].source)]
    if not order:
        return text
    order.sort(key=lambda number: -len(glossary[number].source))
    pattern = "|".join(f"(?P<t{number}>{_pattern(glossary[number])})" for number in order)

    def replace(match: re.Match[str]) -> str:
        number = int(str(match.lastgroup)[1:])
        term = glossary[number]
        target = (
            term.target if term.case_sensitive else adapt_case(term.target, term.source, match[0])
        )
        return marked.mark_term(target, number, match[0])

    return re.sub(pattern, replace, text)


def _may_hold(text: str, source: str) -> bool:
    """Whether it is worth looking for a term: most of a glossary is not in a text."""
    return source.split(maxsplit=1)[0].casefold() in text.casefold()


def mark_names(text: str, names: Sequence[str], marked: Marked) -> str:
    """The text with a mark for each name that is to stay, in the case that is given."""
    if not names:
        return text
    terms = [
        GlossaryTerm(source=name, target=name, case_sensitive=True)
        for name in names
        if _may_hold(text, name)
    ]
    if not terms:
        return text
    longest = sorted(terms, key=lambda term: -len(term.source))
    pattern = "|".join(f"(?:{_pattern(term)})" for term in longest)
    return re.sub(pattern, lambda match: marked.mark_text(match[0]), text)


def _pattern(term: AnyTerm) -> str:
    """A term as whole words, with any spacing between them."""
    words = r"\s+".join(map(re.escape, term.source.split()))
    start = r"(?<!\w)" if term.source.strip()[0].isalnum() else ""
    end = r"(?!\w)" if term.source.strip()[-1].isalnum() else ""
    flag = "" if term.case_sensitive else "i"
    return f"{start}(?{flag}:{words}){end}"


def adapt_case(target: str, source: str, found: str) -> str:
    """The target term in the case in which the source term was found.

    ``found`` in capitals makes the target so; a first letter that is a capital where the
    glossary's is not makes the target's first a capital.
    """
    if found == source:
        return target
    if found.isupper() and len(found) > 1 and not source.isupper():
        return target.upper()
    if found[:1].isupper() and source[:1].islower():
        return target[:1].upper() + target[1:]
    return target


def applied(result: str, glossary: Sequence[AnyTerm], marked: Marked) -> list[AppliedTerm]:
    """The terms whose marks are in the result, with how often."""
    found = (marked.span(character) for character in result if marked.holds(character))
    counts = Counter(span.term for span in found if span.term is not None)
    return [
        AppliedTerm(
            source=term.source,
            target=term.target,
            count=count,
            terminology=term.terminology if isinstance(term, KeptTerm) else None,
        )
        for term, count in ((glossary[number], count) for number, count in sorted(counts.items()))
    ]
