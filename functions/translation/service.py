"""The work of the translation service: requests in, responses out; no AWS, no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from functions.translation.engine import TASK, Engine
from functions.translation.limits import check_request
from functions.translation.schemas import (
    AUTO,
    DetectedSource,
    Detection,
    DetectRequest,
    DetectResponse,
    LanguagesResponse,
    Reason,
    TranslateRequest,
    TranslateResponse,
    Translation,
    Untranslated,
)
from functions.translation.text.document import Document, Piece
from functions.translation.text.glossary import applied
from functions.translation.text.languages import UNKNOWN, Hop, recognise
from functions.translation.text.segments import has_words
from functions.translation.translator import DEFAULT_BEAMS, Sentence
from shared.errors import ServiceError
from shared.language import DetectedLanguage, detect
from shared.models.store import local_folder
from shared.operations import NoFields
from shared.process.telemetry import note
from shared.settings import get_settings

DIGITS = 4  # of a confidence

Outcome = TranslateResponse | ServiceError


@dataclass
class _Text:
    """One text of a request on its way.

    Attributes:
        text: as it came.
        pieces: its sentences that are to be translated.
    """

    text: str
    document: Document
    found: DetectedLanguage
    pieces: list[Piece]
    untranslated: Untranslated | None = None


class _Work:
    """One request that passed its checks, and its texts."""

    def __init__(self, request: TranslateRequest) -> None:
        self.request = request
        self.texts: list[_Text] = []
        self.best = request.alternatives + 1
        self.beams = max(request.beam_size or DEFAULT_BEAMS, self.best)
        self.warnings: list[str] = []
        if request.beam_size is not None and self.beams > request.beam_size:
            self.warn(
                f"beam_size is {request.beam_size}; {request.alternatives} alternatives need "
                f"{self.beams} beams, which were used."
            )

    @property
    def pieces(self) -> list[Piece]:
        return [piece for text in self.texts for piece in text.pieces]

    def warn(self, message: str) -> None:
        if message not in self.warnings:
            self.warnings.append(message)


class TranslationService:
    """Translation by the models of an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._routes = engine.routes

    def make_ready(self) -> None:
        """Open every model.

        Raises:
            ModelError: one cannot be served.
        """
        self._engine.open_all()

    def languages(self, _: NoFields) -> LanguagesResponse:
        """The languages that the models serve."""
        return LanguagesResponse(languages=self._routes.languages())

    def translate(self, requests: Sequence[TranslateRequest]) -> list[Outcome]:
        """Answer all requests with as few model runs as their sentences allow.

        Returns:
            Per request, in order, its response or the error that it alone met.
        """
        prepared = [self._prepare(request) for request in requests]
        work = [item for item in prepared if isinstance(item, _Work)]
        for leg in (0, 1):
            self._run(work, leg)
        return [
            item if isinstance(item, ServiceError) else self._respond(item) for item in prepared
        ]

    def detect(self, request: DetectRequest) -> DetectResponse:
        """The languages that each text may be in.

        Raises:
            LimitExceeded: the request passes a limit.
        """
        texts = check_request(request)
        return DetectResponse(
            detections=[
                Detection(languages=[_source(found) for found in detect(text)]) for text in texts
            ]
        )

    def _prepare(self, request: TranslateRequest) -> _Work | ServiceError:
        try:
            check_request(request)
            self._routes.check(None if request.source == AUTO else request.source, request.target)
        except ServiceError as error:
            return error
        work = _Work(request)
        for index, text in enumerate(request.all_texts):
            work.texts.append(self._prepare_text(text, index, work))
        return work

    def _prepare_text(self, text: str, index: int, work: _Work) -> _Text:
        """Recognise a text's language, cut it up, and decide what becomes of each sentence."""
        request, served = work.request, self._routes.sources
        document = Document(text, html=request.format == "html", glossary=request.glossary)
        auto = request.source == AUTO
        words = document.words
        found = recognise(words, served) if auto else DetectedLanguage(request.source, 1.0)
        pieces = document.split(found.language, served, judge=auto)
        for piece in pieces:
            piece.hops = self._routes.hops(piece.language, request.target)
            if len(piece.hops) > 1:
                work.warn(
                    f"{piece.language} to {request.target} goes by way of English, which can "
                    "lose some of the meaning."
                )
        others = sorted({piece.language for piece in pieces} - {found.language})
        if others:
            work.warn(
                f"{request.pointer(index)} holds sentences in {', '.join(others)} too; each "
                f"sentence was taken to be in its own language, and those in {request.target} are "
                "as they were."
            )
        going = [piece for piece in pieces if piece.hops]
        refusal = None if going else self._refusal(words, found.language, request.target)
        return _Text(text, document, found, going, refusal)

    def _refusal(self, words: str, language: str, target: str) -> Untranslated:
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
            served = ", ".join(self._routes.sources)
            detail = f"No model translates {language} to {target}; these are read: {served}."
        return Untranslated(reason=reason, detail=detail)

    def _run(self, work: Sequence[_Work], leg: int) -> None:
        """Take all sentences of all requests through their model run number ``leg``."""
        groups: dict[tuple[Hop, int, int], list[Piece]] = {}
        for item in work:
            for piece in item.pieces:
                if len(piece.hops) > leg and not piece.failed:
                    best = item.best if leg == len(piece.hops) - 1 else 1
                    groups.setdefault((piece.hops[leg], item.beams, best), []).append(piece)
        for (hop, beams, best), pieces in groups.items():
            sentences = [
                Sentence(piece.results[0] if leg else piece.segment.core, piece.marked)
                for piece in pieces
            ]
            translated = self._engine.translate(hop, sentences, beams, best)
            for piece, results in zip(pieces, translated, strict=True):
                piece.results, piece.failed = results, not results

    def _respond(self, work: _Work) -> TranslateResponse:
        for index, text in enumerate(work.texts):
            failed = sum(piece.failed for piece in text.pieces)
            if failed:
                work.warn(
                    f"{work.request.pointer(index)}: {failed} of {len(text.pieces)} sentences "
                    "could not be translated and are left as they were."
                )
        hops = [hop for piece in work.pieces for hop in piece.hops]
        model = self._engine.identifiers(hops)
        texts = [text.text for text in work.texts]
        note(model, texts=len(texts), characters=sum(map(len, texts)))
        return TranslateResponse(
            model=model,
            translations=[self._translation(text, work) for text in work.texts],
            warnings=work.warnings,
        )

    def _translation(self, text: _Text, work: _Work) -> Translation:
        request, document = work.request, text.document
        texts = [text.text]
        if text.untranslated is None:
            texts = [document.join(choice) for choice in range(work.best)]
        terms = None
        if request.glossary:
            marked = "" if text.untranslated else document.marked_text()
            terms = applied(marked, request.glossary, document.marked)
        return Translation(
            text=texts[0],
            source=_source(text.found),
            target=request.target,
            alternatives=list(dict.fromkeys(texts))[1:] if request.alternatives else None,
            glossary_applied=terms,
            untranslated=text.untranslated,
        )


def _source(found: DetectedLanguage) -> DetectedSource:
    return DetectedSource(language=found.language, confidence=round(found.confidence, DIGITS))


@lru_cache(maxsize=1)
def get_service() -> TranslationService:
    """The service over the models that the settings name, loaded once per process.

    The first model is opened at once, the others when they are first needed.

    Raises:
        ModelError: the models cannot be served; the next call tries again.
        StoreUnavailable: the models cannot be fetched now; the same.
    """
    settings = get_settings()
    folder = local_folder(settings.model_location(TASK))
    engine = Engine(
        folder,
        settings.intra_op_threads,
        settings.translation_extra_models,
        settings.translation_memory_mb,
    )
    engine.open_first()
    return TranslationService(engine)
