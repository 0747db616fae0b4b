"""The work of the intent service: requests in, responses out; no AWS, no HTTP."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np

from functions.intent.decision import rule_of
from functions.intent.dialogue import check_intent, take_context, unknown_slots
from functions.intent.explanation import explain
from functions.intent.languages import Heard, hear
from functions.intent.limits import check_explained
from functions.intent.reading import Piece, Reader, Reading
from functions.intent.results import DIGITS, EMPTY, WORD, result_of, slots_of
from functions.intent.schemas import (
    IntentLabel,
    IntentRequest,
    IntentResponse,
    IntentResult,
    LabelsResponse,
    Slot,
    WordWeight,
)
from functions.intent.tags import find_slots
from functions.intent.values import Setting
from functions.intent.verdicts import judge
from shared.errors import ModelAltered, ServiceError
from shared.models.onnx import OnnxModel
from shared.models.pins import check_pinned
from shared.models.store import local_folder
from shared.operations import NoFields
from shared.process.telemetry import note, span
from shared.settings import get_settings

TASK = "intent"

Outcome = IntentResponse | ServiceError


class _Work(NamedTuple):
    """One request that passed its checks.

    Attributes:
        with_words: places of the texts that have any word.
        pieces: of these texts, what is to be read.
    """

    request: IntentRequest
    texts: list[str]
    with_words: list[int]
    pieces: list[list[Piece]]


class IntentService:
    """A loaded intent model and its decision rule.

    Args:
        model: a model whose spec has the task ``intent``.

    Attributes:
        intents: their names; out of scope is not one of them.

    Raises:
        ModelAltered: the spec is for another task, or the golden example does not come out.
    """

    def __init__(self, model: OnnxModel) -> None:
        spec = model.spec
        if spec.task != TASK:
            raise ModelAltered(f"{spec.identifier} is a model for {spec.task}, not {TASK}.")
        check_pinned(TASK, [spec])
        self._model = model
        self._identifier = spec.identifier
        self._names = [label.name for label in spec.labels]
        self._needs = {label.name: label.slots for label in spec.labels}
        self._slots = str(spec.parameters.get("slots") or "").split()
        self._known_slots = {*self._slots, *chain.from_iterable(self._needs.values())}
        self._rule = rule_of(spec)
        self.intents = [name for i, name in enumerate(self._names) if i != self._rule.out_of_scope]
        self._reader = Reader(model, self._rule)
        self._warm_up()

    def _warm_up(self) -> None:
        """Run the first golden example: warms the session and proves its arithmetic."""
        golden = self._model.spec.golden
        expected = np.asarray(golden.outputs[0], dtype=np.float32)  # (C,)
        actual = self._model.run_padded(self._model.tokenize([golden.inputs[0]]))[0]  # (C,)
        error = float(np.abs(actual - expected).max())
        if not error <= golden.tolerance:
            raise ModelAltered(
                f"{self._model.spec.identifier}: the golden example departs by {error:.4f} from "
                f"spec.json (at most {golden.tolerance}). This processor or build of onnxruntime "
                "computes other logits than the one that exported the model: export it again."
            )
        hear(golden.inputs[0], self._model.spec.languages)

    @property
    def languages(self) -> Sequence[str]:
        """ISO 639-1 codes of what the model reads; none means any."""
        return self._model.spec.languages

    def labels(self, _: NoFields) -> LabelsResponse:
        """The intents, without the out-of-scope class."""
        spec = self._model.spec
        known = [label for i, label in enumerate(spec.labels) if i != self._rule.out_of_scope]
        return LabelsResponse(
            model=spec.identifier,
            labels=[
                IntentLabel(
                    name=label.name,
                    description=label.description,
                    examples=list(label.examples),
                    slots=list(label.slots) or None,
                )
                for label in known
            ],
            slots=self._slots or None,
        )

    def classify(self, requests: Sequence[IntentRequest]) -> list[Outcome]:
        """Answer all requests with as few model runs as their lengths allow.

        Returns:
            Per request, in order, its response or the error that it alone met.
        """
        works = [self._take(request) for request in requests]
        pieces = [of_text for work in works if isinstance(work, _Work) for of_text in work.pieces]
        with span("infer"):
            readings = iter(self._reader.read(pieces) if pieces else ())
        return [
            work
            if isinstance(work, ServiceError)
            else self._respond(work, [next(readings) for _ in work.with_words])
            for work in works
        ]

    def _take(self, request: IntentRequest) -> _Work | ServiceError:
        """The request's texts and what is to be read of them, or the limit that it passes."""
        texts = request.all_texts
        note(self._identifier, texts=len(texts), characters=sum(map(len, texts)))
        try:
            request.check_texts()
            if request.context is not None:
                check_intent(request.context.intent, self.intents)
            if request.explain:
                check_explained(texts)
        except ServiceError as error:
            return error
        with_words = [place for place, text in enumerate(texts) if WORD.search(text)]
        with span("tokenize"):
            pieces = self._reader.pieces([texts[place] for place in with_words])
        return _Work(request, texts, with_words, pieces)

    def _respond(self, work: _Work, readings: list[Reading]) -> IntentResponse:
        """The response to one request; ``readings`` are those of its texts with words."""
        request = work.request
        found = [self._result(request, reading) for reading in readings]
        if request.explain:
            self._explain(readings, found)
        results = dict(zip(work.with_words, found, strict=True))
        warnings = [
            f"{request.pointer(place)}: read from character {reading.part.start} to "
            f"{reading.part.end} of {len(reading.part.text)}, the part that says most."
            for place, reading in zip(work.with_words, readings, strict=True)
            if reading.left_out
        ]
        if request.top_k > len(self.intents) - 1:
            warnings.append(
                f"top_k is {request.top_k}; the model knows only {len(self.intents)} intents."
            )
        if request.context is not None:
            warnings += unknown_slots(request.context, self._known_slots)
        return IntentResponse(
            model=self._identifier,
            results=[results.get(place, EMPTY) for place in range(len(work.texts))],
            warnings=warnings,
        )

    def _result(self, request: IntentRequest, reading: Reading) -> IntentResult:
        """The result of one text."""
        spec = self._model.spec
        heard = hear(reading.part.words, spec.languages)
        rule = self._rule.in_language(heard.language)
        if request.threshold is not None:
            rule = replace(rule, threshold=request.threshold, odds=0.0)
        denied = reading.outputs.get("denied")
        verdict = judge(reading.probabilities, rule, denied, reading.wishes)
        result = result_of(
            reading.part, reading.probabilities, verdict, heard.other, spec, request.top_k
        )
        if self._slots and heard.other is None:
            result.slots = self._slots_in(request, reading, heard)
        if request.context is not None:
            take_context(reading.part.words, result, request.context)
        self._name_missing(request, result)
        return result

    def _slots_in(self, request: IntentRequest, reading: Reading, heard: Heard) -> list[Slot]:
        part = reading.part
        found = find_slots(part.words, part.offsets, reading.outputs["tokens"], self._slots)
        setting = Setting(heard.language, request.now or datetime.now(UTC), request.country)
        return slots_of(part, found, self._slots, setting)

    def _name_missing(self, request: IntentRequest, result: IntentResult) -> None:
        """Name the slots that the intent needs and nothing has given."""
        needed = self._needs.get(result.intent.name, ()) if result.intent else ()
        if result.slots is None and not needed:
            return
        known = {slot.name for slot in result.slots or ()}
        known |= set(request.context.slots) if request.context else set()
        result.missing_slots = [name for name in needed if name not in known]

    def _explain(self, readings: Sequence[Reading], results: Sequence[IntentResult]) -> None:
        """Add word weights for the most probable class of each text."""
        if not readings:
            return
        texts = [reading.part.words for reading in readings]
        probabilities = np.stack([reading.probabilities for reading in readings])  # (N, C)
        classes = probabilities.argmax(axis=1).tolist()
        weights = explain(texts, classes, probabilities, self._reader.probabilities)
        for result, label, words in zip(results, classes, weights, strict=True):
            result.explained = self._names[label]
            result.explanation = [
                WordWeight(token=word, weight=round(weight, DIGITS)) for word, weight in words
            ]


@lru_cache(maxsize=1)
def get_service() -> IntentService:
    """The service over the model that the settings name, loaded once per process.

    Raises:
        ModelError: the model cannot be served; the next call tries again.
        StoreUnavailable: the model cannot be fetched now; the same.
    """
    settings = get_settings()
    folder = local_folder(settings.model_location(TASK))
    return IntentService(OnnxModel.load(folder, settings.intra_op_threads))
