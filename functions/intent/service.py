"""The work of the intent service: requests in, responses out; no AWS, no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from functions.intent.decision import decide, rule_of, softmax
from functions.intent.explanation import explain
from functions.intent.limits import check_explained, too_long
from functions.intent.results import DIGITS, EMPTY, WORD, result_of
from functions.intent.schemas import (
    IntentLabel,
    IntentRequest,
    IntentResponse,
    IntentResult,
    LabelsResponse,
    WordWeight,
)
from shared.errors import ModelAltered, ServiceError
from shared.language import clearly_other
from shared.models.onnx import OnnxModel
from shared.models.store import local_folder
from shared.operations import NoFields
from shared.process.telemetry import note, span
from shared.settings import get_settings

TASK = "intent"

Outcome = IntentResponse | ServiceError


@dataclass(frozen=True, slots=True)
class _Work:
    """One request that passed its checks.

    Attributes:
        with_words: places of the texts that have any word.
        encodings: of these texts.
    """

    request: IntentRequest
    texts: list[str]
    with_words: list[int]
    encodings: list[Encoding]


class IntentService:
    """A loaded intent model and its decision rule.

    Args:
        model: a model whose spec has the task ``intent``.

    Raises:
        ModelAltered: the spec is for another task, or the golden example does not come out.
    """

    def __init__(self, model: OnnxModel) -> None:
        spec = model.spec
        if spec.task != TASK:
            raise ModelAltered(f"{spec.identifier} is a model for {spec.task}, not {TASK}.")
        self._model = model
        self._identifier = spec.identifier
        self._names = [label.name for label in spec.labels]
        self._rule = rule_of(spec)
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
        clearly_other(golden.inputs[0], self._model.spec.languages)

    def labels(self, _: NoFields) -> LabelsResponse:
        """The intents, without the out-of-scope class."""
        spec = self._model.spec
        known = [label for i, label in enumerate(spec.labels) if i != self._rule.out_of_scope]
        return LabelsResponse(
            model=spec.identifier,
            labels=[
                IntentLabel(
                    name=label.name, description=label.description, examples=list(label.examples)
                )
                for label in known
            ],
        )

    def classify(self, requests: Sequence[IntentRequest]) -> list[Outcome]:
        """Answer all requests with as few model runs as their lengths allow.

        Returns:
            Per request, in order, its response or the error that it alone met.
        """
        read = [self._read(request) for request in requests]
        works = [work for work in read if isinstance(work, _Work)]
        probabilities = self._probabilities([e for work in works for e in work.encodings])  # (N, C)
        outcomes: list[Outcome] = []
        start = 0
        for work in read:
            if isinstance(work, ServiceError):
                outcomes.append(work)
                continue
            end = start + len(work.encodings)
            outcomes.append(self._respond(work, probabilities[start:end]))
            start = end
        return outcomes

    def _read(self, request: IntentRequest) -> _Work | ServiceError:
        """The request's texts and their encodings, or the limit that it passes."""
        texts = request.all_texts
        note(self._identifier, texts=len(texts), characters=sum(map(len, texts)))
        try:
            request.check_texts()
            if request.explain:
                check_explained(texts)
            with span("tokenize"):
                encodings = self._model.tokenize(texts)
            allowed = self._model.spec.limits["tokens"]
            if max(map(len, encodings)) > allowed:
                raise too_long(request, encodings, allowed)
        except ServiceError as error:
            return error
        with_words = [place for place, text in enumerate(texts) if WORD.search(text)]
        return _Work(request, texts, with_words, [encodings[place] for place in with_words])

    def _probabilities(self, encodings: Sequence[Encoding]) -> NDArray[np.float32]:
        """Calibrated probabilities, (N, C) float32."""
        if not encodings:
            return np.empty((0, len(self._names)), dtype=np.float32)
        with span("infer"):
            return softmax(self._model.run_padded(encodings), self._rule.temperature)

    def _respond(self, work: _Work, probabilities: NDArray[np.float32]) -> IntentResponse:
        """The response to one request; ``probabilities`` (N, C) are those of texts with words."""
        request, rule = work.request, self._rule
        if request.threshold is not None:
            rule = replace(rule, threshold=request.threshold)
        texts = [work.texts[place] for place in work.with_words]
        found = [
            result_of(text, row, decision, self._model.spec, request.top_k)
            for text, row, decision in zip(
                texts, probabilities, decide(probabilities, rule), strict=True
            )
        ]
        if request.explain:
            self._explain(texts, probabilities, found)
        results = dict(zip(work.with_words, found, strict=True))
        intents = len(self._names) - (rule.out_of_scope is not None)
        warnings = []
        if request.top_k > intents - 1:
            warnings.append(f"top_k is {request.top_k}; the model knows only {intents} intents.")
        return IntentResponse(
            model=self._identifier,
            results=[results.get(place, EMPTY) for place in range(len(work.texts))],
            warnings=warnings,
        )

    def _explain(
        self,
        texts: Sequence[str],
        probabilities: NDArray[np.float32],
        results: Sequence[IntentResult],
    ) -> None:
        """Add word weights for the most probable class of each text."""

        def of(variants: Sequence[str]) -> NDArray[np.float32]:
            return self._probabilities(self._model.tokenize(variants))

        classes = probabilities.argmax(axis=1).tolist()
        weights = explain(texts, classes, probabilities, of)
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
