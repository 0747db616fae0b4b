"""What becomes of one request's texts, from the request to its response."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.translation.confidence import LEAST_SURE, Certainty
from functions.translation.limits import check_written
from functions.translation.rounds import Job
from functions.translation.schemas import (
    DetectedSource,
    Reason,
    ReviewReason,
    TranslateRequest,
    Untranslated,
)
from functions.translation.text.checks import GRAVE
from functions.translation.text.document import Document, Piece
from functions.translation.text.languages import UNKNOWN
from functions.translation.text.rarities import own_terms
from functions.translation.text.segments import has_words
from functions.translation.translator import DEFAULT_BEAMS
from shared.language import DetectedLanguage
from shared.process.deadline import check_deadline
from shared.settings import get_settings

if TYPE_CHECKING:
    from functions.translation.terminology.kept import Terminology
    from functions.translation.text.glossary import AnyTerm, Glossary

_DETAILS = {
    "date": "A date of the sentence is not the same in its translation.",
    "time": "A time of day is not the same in the translation.",
    "number": "A number or a measure is not the same in the translation.",
    "list": "The translation may not list as many things as the sentence.",
    "name": "What may be a name is not in the translation as it is in the sentence.",
    "negation": "One of both has a negation, the other has none.",
    "hazard": "An allergen or a hazard that the sentence names is not named by the translation.",
    "repetition": "The translation repeats itself.",
    "untranslated": "Words of the sentence are left as they were.",
    "garbled": "The translation has a word that may be none of its language.",
    "meaning": "Words of the sentence may not be in the translation.",
    "unsure": "The model is unsure of the sentence's translation.",
}
DIGITS = 4  # of a language's confidence
CONFIDENCE_DIGITS = 2  # it is not known better
SHOWN_CHARACTERS = 200  # of a sentence that is to be reviewed


@dataclass
class Text:
    """One text of a request on its way.

    Attributes:
        text: as it came.
        pieces: its sentences that are to be translated.
        glossary: terms that were looked for in it.
    """

    text: str
    document: Document
    found: DetectedLanguage
    pieces: list[Piece]
    untranslated: Untranslated | None = None
    glossary: "Sequence[AnyTerm]" = ()

    def reviews(self) -> list[ReviewReason]:
        """Why someone should read its translation."""
        return [
            ReviewReason(
                reason=fault, detail=_DETAILS[fault], sentence=piece.sentence[:SHOWN_CHARACTERS]
            )
            for piece in self.pieces
            for fault in piece.faults
        ]

    @property
    def confidence(self) -> float | None:
        """How likely its translation is right: as its least sure sentence is."""
        known = [piece.confidence for piece in self.pieces if piece.confidence is not None]
        return round(min(known), CONFIDENCE_DIGITS) if known else None


class Work:
    """One request that passed its checks, and its texts."""

    def __init__(self, request: TranslateRequest) -> None:
        self.request = request
        self.texts: list[Text] = []
        self.best = request.alternatives + 1
        self.beams = max(request.beam_size or DEFAULT_BEAMS, self.best)
        self.warnings: list[str] = []
        self.terminologies: Sequence[Terminology] = ()
        self.written_characters = 0
        for message in _doubled(request):
            self.warn(message)
        if request.beam_size is not None and self.beams > request.beam_size:
            self.warn(
                f"beam_size is {request.beam_size}; {request.alternatives} alternatives need "
                f"{self.beams} beams, which were used."
            )

    @property
    def pieces(self) -> list[Piece]:
        return [piece for text in self.texts for piece in text.pieces]

    def glossary(self, index: int, language: str) -> "list[AnyTerm]":
        """The terms to look for in a text of this language: the request's, then those kept."""
        request = self.request
        text = request.all_texts[index]
        text = html.unescape(text) if request.format == "html" else text
        kept = [
            term
            for terminology in self.terminologies
            for term in terminology.glossary(text, language, request.target)
        ]
        return [*request.glossary, *kept]

    def warn(self, message: str) -> None:
        """Add a warning once."""
        if message not in self.warnings:
            self.warnings.append(message)

    def warn_of_failures(self) -> None:
        """Tell how many sentences of each text could not be translated."""
        for index, text in enumerate(self.texts):
            failed = sum(piece.failed for piece in text.pieces)
            if failed:
                self.warn(
                    f"{self.request.pointer(index)}: {failed} of {len(text.pieces)} sentences "
                    "could not be translated and are left as they were."
                )

    def warn_of_languages(self, index: int, pieces: Sequence[Piece], language: str) -> None:
        """Tell of sentences in other languages than the text's, and of a way through English."""
        target = self.request.target
        for piece in pieces:
            if len(piece.hops) > 1:
                self.warn(
                    f"{piece.language} to {target} goes by way of English, which can "
                    "lose some of the meaning."
                )
        others = sorted({piece.language for piece in pieces} - {language})
        if others:
            self.warn(
                f"{self.request.pointer(index)} holds sentences in {', '.join(others)} too; each "
                f"sentence was taken to be in its own language, and those in {target} are as they "
                "were."
            )


def detected_source(found: DetectedLanguage) -> DetectedSource:
    """A recognised language as answers tell it."""
    return DetectedSource(language=found.language, confidence=round(found.confidence, DIGITS))


def refused(words: str, language: str, target: str, sources: Sequence[str]) -> Untranslated:
    """Why a text stays as it is."""
    reason: Reason
    if not has_words(words):
        reason, detail = "no_words", "The text has no letters to translate."
    elif language == UNKNOWN:
        reason = "unrecognised_language"
        detail = "The text's language was not recognised; name it in 'source'."
    elif language == target:
        reason, detail = "same_language", f"The text is in {target} already."
    else:
        reason = "unsupported_language"
        served = ", ".join(sources)
        detail = f"No model translates {language} to {target}; these are read: {served}."
    return Untranslated(reason=reason, detail=detail)


def _doubled(request: TranslateRequest) -> Iterator[str]:
    """Tell of terms that another entry hides, since the first one of a term is used."""
    exact: dict[str, int] = {}
    any_case: dict[str, int] = {}
    # As `phrases` ranks them, which compares lengths with all spaces.
    for place, term in sorted(enumerate(request.glossary), key=lambda row: -len(row[1].source)):
        words = " ".join(term.source.split())
        before = any_case.get(words.lower(), exact.get(words) if term.case_sensitive else None)
        if before is None:
            known, words = (exact, words) if term.case_sensitive else (any_case, words.lower())
            known[words] = place
        elif request.glossary[before].target != term.target:
            yield f"/glossary/{place}: not used; /glossary/{before} has the same source."
    for place, name in enumerate(request.keep if request.glossary else ()):
        words = " ".join(name.split())
        before = exact.get(words, any_case.get(words.lower()))
        if before is not None:
            yield f"/keep/{place}: not used; /glossary/{before} has the same words."


def document_of(text: str, request: TranslateRequest, glossary: "Sequence[AnyTerm]") -> Document:
    """A request's text as a document, other terms than the request's being put aside."""
    return Document(text, html=request.format == "html", glossary=_own(glossary, request))


def documents_of(request: TranslateRequest) -> list[Document]:
    """A request's texts as documents, its terms and the names that stay being put aside.

    Raises:
        DeadlineNear: the invocation's time is up.
        LimitExceeded: its terms are written too often.
    """
    glossary = _own(request.glossary, request)
    documents: list[Document] = []
    written = 0
    for text in request.all_texts:
        check_deadline()
        documents.append(Document(text, html=request.format == "html", glossary=glossary))
        written += documents[-1].term_characters
        check_written(written)
    return documents


def _own(terms: "Sequence[AnyTerm]", request: TranslateRequest) -> "Glossary | None":
    return own_terms(terms, [*request.keep, *get_settings().translation_keep])


def likelihood(job: Job, certainty: Certainty | None) -> float | None:
    """How likely a translation is right, 0 to 1; None where the search gave no probabilities."""
    if certainty is None:
        return None
    best = job.rendering
    return certainty(best.known_of(job.core)) if best.texts else 0.0


def settle(piece: Piece, job: Job, likely: float | None) -> None:
    """Give a sentence its translations, or leave it as it was where it would state other facts.

    Args:
        piece: the sentence.
        job: what became of it in one direction.
        likely: its `likelihood`.
    """
    best = job.rendering
    found = [*best.faults, *(["meaning"] if best.lacks_meaning else [])]
    if likely is not None:
        # Of two runs in turn both must be right.
        piece.confidence = likely * (1.0 if piece.confidence is None else piece.confidence)
        found += ["unsure"] if piece.confidence < LEAST_SURE else []
    piece.faults += [fault for fault in found if fault not in piece.faults]
    wrong = bool(GRAVE & set(best.faults))
    piece.results = [] if wrong else best.texts
    piece.failed = not piece.results
