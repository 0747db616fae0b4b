"""The work of the intent service: requests in, responses out; no AWS, no HTTP."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from functions.intent.decision import decide, rule_of, softmax
from functions.intent.explanation import explain
from functions.intent.limits import check_request, check_tokens
from functions.intent.results import DIGITS, empty_result, has_words, result_of, warnings_of
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
from shared.process.telemetry import note, span
from shared.settings import get_settings

SERVICE = "intent"

Outcome = IntentResponse | ServiceError


class IntentService:
    """A loaded intent model and its decision rule.

    Args:
        model: a model whose spec has the task ``intent``.

    Raises:
        ModelAltered: the spec is for another task, or the golden example does not come out.
    """

    def __init__(self, model: OnnxModel) -> None:
        spec = model.spec
        if spec.task != SERVICE:
            raise ModelAltered(f"{spec.identifier} is a model for {spec.task}, not {SERVICE}.")
        self._model = model
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

    def labels(self) -> LabelsResponse:
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
        texts = [text for request in requests for text in request.all_texts]
        note(self._model.spec.identifier, texts=len(texts), characters=sum(map(len, texts)))
        encoded = [self._encode(request) for request in requests]
        flat = [e for item in encoded if not isinstance(item, ServiceError) for e in item]
        probabilities = self._probabilities(flat)  # (N, C)
        outcomes: list[Outcome] = []
        start = 0
        for request, item in zip(requests, encoded, strict=True):
            if isinstance(item, ServiceError):
                outcomes.append(item)
                continue
            outcomes.append(self._respond(request, probabilities[start : start + len(item)]))
            start += len(item)
        return outcomes

    def _encode(self, request: IntentRequest) -> list[Encoding] | ServiceError:
        """Encodings of the texts that have words, or the limit that the request passes."""
        try:
            check_request(request)
            with span("tokenize"):
                encodings = self._model.tokenize(request.all_texts)
            check_tokens(request, encodings, self._model.spec.limits["tokens"])
        except ServiceError as error:
            return error
        pairs = zip(request.all_texts, encodings, strict=True)
        return [encoding for text, encoding in pairs if has_words(text)]

    def _probabilities(self, encodings: Sequence[Encoding]) -> NDArray[np.float32]:
        """Calibrated probabilities, (N, C) float32."""
        if not encodings:
            return np.empty((0, len(self._names)), dtype=np.float32)
        with span("infer"):
            return softmax(self._model.run_padded(encodings), self._rule.temperature)

    def _respond(
        self, request: IntentRequest, probabilities: NDArray[np.float32]
    ) -> IntentResponse:
        """The response to one request; ``probabilities`` (N, C) are those of texts with words."""
        rule = self._rule
        if request.threshold is not None:
            rule = replace(rule, threshold=request.threshold)
        texts = [text for text in request.all_texts if has_words(text)]
        results = [
            result_of(text, row, decision, self._model.spec, request.top_k)
            for text, row, decision in zip(
                texts, probabilities, decide(probabilities, rule), strict=True
            )
        ]
        if request.explain:
            self._explain(texts, probabilities, results)
        answered = iter(results)
        return IntentResponse(
            model=self._model.spec.identifier,
            results=[
                next(answered) if has_words(text) else empty_result() for text in request.all_texts
            ],
            warnings=warnings_of(request, rule, len(self._names)),
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
    folder = local_folder(settings.model_location(SERVICE))
    return IntentService(OnnxModel.load(folder, settings.intra_op_threads))


def classify_requests(requests: Sequence[IntentRequest]) -> list[Outcome]:
    """Outcomes of several requests, in order."""
    return get_service().classify(requests)


def classify(request: IntentRequest) -> IntentResponse:
    """The response to one request.

    Raises:
        ServiceError: the request passes a limit, or the model cannot be served.
    """
    (outcome,) = classify_requests([request])
    if isinstance(outcome, ServiceError):
        raise outcome
    return outcome
