"""A request's own terms: found in the text, put aside, and reported when they are used."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from functions.translation.schemas import AppliedTerm, GlossaryTerm
from functions.translation.text.phrases import Phrase, Phrases
from functions.translation.text.spans import Marked


@dataclass(frozen=True, slots=True)
class KeptTerm:
    """A term of a terminology, which matches in its own case alone."""

    source: str
    target: str
    terminology: str
    case_sensitive: bool = True


AnyTerm = GlossaryTerm | KeptTerm


class Glossary:
    """A request's terms, and the names that stay, made ready once for all of its texts.

    Args:
        terms: the longest that is found at a place wins.
        names: stay as they are, in the case that is given.
    """

    def __init__(self, terms: Sequence[AnyTerm] = (), names: Sequence[str] = ()) -> None:
        self._terms = terms
        self._found = Phrases([Phrase(term.source, term.case_sensitive) for term in terms])
        self._staying = Phrases([Phrase(name, case_sensitive=True) for name in names])

    def mark(self, text: str, marked: Marked) -> str:
        """The text with a mark for each occurrence of a term or of a name."""

        def write(number: int, found: str) -> str:
            term = self._terms[number]
            target = (
                term.target if term.case_sensitive else adapt_case(term.target, term.source, found)
            )
            return marked.mark_term(target, number, found)

        text = self._found.replace(text, write)
        return self._staying.replace(text, lambda _, found: marked.mark_text(found))


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
