"""The work of the translation service: requests in, responses out; no AWS, no HTTP."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from functions.translation.engine import TASK, Engine
from functions.translation.limits import check_request, check_written
from functions.translation.rounds import Job, Translate, run
from functions.translation.schemas import (
    AUTO,
    Detection,
    DetectRequest,
    DetectResponse,
    LanguagesResponse,
    TranslateRequest,
    TranslateResponse,
    Translation,
)
from functions.translation.text import rarities
from functions.translation.text.document import Document, Piece
from functions.translation.text.languages import Hop
from functions.translation.text.plan import Planner
from functions.translation.waves import in_waves
from functions.translation.work import (
    Text,
    Work,
    detected_source,
    document_of,
    documents_of,
    likelihood,
    refused,
    settle,
)
from shared.errors import InvalidRequest, ServiceError
from shared.language import DetectedLanguage, detect
from shared.models.store import local_folder
from shared.operations import NoFields
from shared.process.deadline import check_deadline
from shared.process.telemetry import note
from shared.settings import get_settings

if TYPE_CHECKING:
    from functions.translation.terminology.kept import Terminology
    from functions.translation.text.glossary import AnyTerm

GREEDY = 1  # beam, whose search computes no probabilities

Outcome = TranslateResponse | ServiceError


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
        return in_waves(requests, self._translate)

    def _translate(self, requests: Sequence[TranslateRequest]) -> list[Outcome]:
        prepared = [self._prepare(request) for request in requests]
        work = [item for item in prepared if isinstance(item, Work)]
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
                Detection(languages=[detected_source(found) for found in detect(text)])
                for text in texts
            ]
        )

    def _prepare(self, request: TranslateRequest) -> Work | ServiceError:
        try:
            check_request(request)
            self._routes.check(None if request.source == AUTO else request.source, request.target)
            work = Work(request)
            if request.terminologies:
                work.terminologies = _kept(request.terminologies)
        except ServiceError as error:
            return error
        try:
            documents = documents_of(request)
            for index, found in enumerate(self._languages(documents, request)):
                work.texts.append(self._prepare_text(index, documents[index], found, work))
        except InvalidRequest as error:
            return error
        return work

    def _languages(
        self, documents: Sequence[Document], request: TranslateRequest
    ) -> list[DetectedLanguage]:
        if request.source != AUTO:
            return [DetectedLanguage(request.source, 1.0)] * len(documents)
        from functions.translation.text.recognition import recognise_all  # noqa: PLC0415 - unsaid

        texts = [document.words for document in documents]
        return recognise_all(texts, self._routes.sources, request.target)

    def _prepare_text(
        self, index: int, document: Document, found: DetectedLanguage, work: Work
    ) -> Text:
        """Cut a text up, and decide what becomes of each sentence."""
        check_deadline()
        request, served = work.request, self._routes.sources
        glossary: Sequence[AnyTerm] = request.glossary
        if work.terminologies:  # which of them apply, the language tells
            glossary = work.glossary(index, found.language)
            document = document_of(request.all_texts[index], request, glossary)
            work.written_characters += document.term_characters
            check_written(work.written_characters)
        document.localise(found.language, request.target)
        pieces = document.split(found.language, served, judge=request.source == AUTO)
        for piece in pieces:
            piece.hops = self._routes.hops(piece.language, request.target)
        work.warn_of_languages(index, pieces, found.language)
        going = [piece for piece in pieces if piece.hops]
        refusal = None
        written = document.has_hours or (
            document.term_characters and found.language != request.target
        )
        if not going and not written:
            refusal = refused(document.words, found.language, request.target, served)
        return Text(request.all_texts[index], document, found, going, refusal, glossary)

    def _run(self, work: Sequence[Work], leg: int) -> None:
        """Take all sentences of all requests through their model run number ``leg``."""
        groups: dict[tuple[Hop, int], list[tuple[Piece, Job]]] = {}
        jobs: dict[tuple[object, ...], Job] = {}
        for item in work:
            for piece in item.pieces:
                if len(piece.hops) > leg and not piece.failed:
                    best = item.best if leg == len(piece.hops) - 1 else 1
                    hop, final = piece.hops[leg], piece.hops[-1][1]
                    core = piece.results[0] if leg else piece.segment.core
                    # The cells of a table repeat each other.
                    key = (hop, item.beams, best, id(piece.marked), core)
                    if key not in jobs:
                        planner = Planner(hop[0], hop[1], final, piece.marked)
                        jobs[key] = Job(core, planner, best)
                    groups.setdefault((hop, item.beams), []).append((piece, jobs[key]))
        for (hop, beams), pairs in groups.items():
            own = list(dict.fromkeys(job for _, job in pairs))
            run(own, self._translator(hop, beams))
            certainty = self._engine.certainty(hop) if beams > GREEDY else None
            likely = {job: likelihood(job, certainty) for job in own}
            for piece, job in pairs:
                settle(piece, job, likely[job])

    def _translator(self, hop: Hop, beams: int) -> Translate:
        """All that the search finds: the best of them may fail a check that the next one passes."""
        return lambda sentences: self._engine.scored(hop, sentences, beams, beams)

    def _respond(self, work: Work) -> TranslateResponse:
        work.warn_of_failures()
        hops = [hop for piece in work.pieces for hop in piece.hops]
        model = self._engine.identifiers(hops)
        texts = [text.text for text in work.texts]
        note(model, texts=len(texts), characters=sum(map(len, texts)))
        return TranslateResponse(
            model=model,
            translations=[self._translation(text, work) for text in work.texts],
            warnings=work.warnings,
        )

    def _translation(self, text: Text, work: Work) -> Translation:
        request, document = work.request, text.document
        texts = [text.text]
        if text.untranslated is None:
            texts = [document.join(choice) for choice in range(work.best)]
        reviews = text.reviews()
        marked = "" if text.untranslated else document.marked_text()
        terms = rarities.applied(marked, text.glossary, document.marked)
        if terms is None and request.terminologies:
            terms = []
        return Translation(
            text=texts[0],
            source=detected_source(text.found),
            target=request.target,
            alternatives=list(dict.fromkeys(texts))[1:] if request.alternatives else None,
            glossary_applied=terms,
            untranslated=text.untranslated,
            confidence=text.confidence,
            review=bool(reviews) or None,
            review_reasons=reviews or None,
        )


def _kept(names: Sequence[str]) -> "list[Terminology]":
    from functions.translation.terminology.kept import read_all  # noqa: PLC0415 - seldom named

    return read_all(names)


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
