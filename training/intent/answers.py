"""What a served folder says to labelled messages, through the service itself; no torch."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from functions.intent.decision import Rule, rule_of, softmax
from functions.intent.languages import hear
from functions.intent.schemas import MAX_TEXTS, IntentRequest, IntentResult
from functions.intent.service import IntentService
from shared.errors import ServiceError
from shared.models.onnx import OnnxModel
from shared.models.spec import ModelSpec
from training.errors import DataError
from training.intent.examples import OUT_OF_SCOPE
from training.intent.messages import Message

SHOWN_NAMES = 8  # of unknown intents, in an error


@dataclass(frozen=True)
class Answer:
    """A message and what the service says of it.

    Attributes:
        language: of the message; where nothing states it, the one that the service heard.
        probabilities: of all classes, calibrated, (C,) float32.
    """

    message: Message
    language: str
    result: IntentResult
    probabilities: NDArray[np.float32]

    @property
    def told(self) -> str | None:
        """The intent that is given, None for an abstention."""
        return self.result.intent.name if self.result.intent else None

    @property
    def is_outside(self) -> bool:
        """Whether the message should get no intent."""
        return self.message.intent == OUT_OF_SCOPE

    @property
    def is_right(self) -> bool:
        """Whether the intent is the message's, or none is given where there is none."""
        return (self.told or OUT_OF_SCOPE) == self.message.intent

    @property
    def is_wrong(self) -> bool:
        """Whether an intent is given that is not the message's."""
        return self.told is not None and not self.is_right


@dataclass(frozen=True)
class Answers:
    """All answers of one folder.

    Attributes:
        spec: of the model.
        sets: how many messages are of each file or set.
    """

    spec: ModelSpec
    sets: Mapping[str, int]
    rows: Sequence[Answer]

    @cached_property
    def rule(self) -> Rule:
        """By which the model decides."""
        return rule_of(self.spec)

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """Classes of the messages, (N,); -1 for what is out of scope where that is no class."""
        index = {label.name: place for place, label in enumerate(self.spec.labels)}
        return np.array([index.get(row.message.intent, -1) for row in self.rows], np.int64)

    @cached_property
    def probabilities(self) -> NDArray[np.float32]:
        """Of all classes, calibrated, (N, C)."""
        return np.stack([row.probabilities for row in self.rows])

    @property
    def languages(self) -> list[str]:
        """Of the messages, those with most first."""
        return [code for code, _ in Counter(row.language for row in self.rows).most_common()]

    def places(self, language: str) -> list[int]:
        """Places of a language's rows."""
        return [place for place, row in enumerate(self.rows) if row.language == language]


def check_known(sets: Mapping[str, Sequence[Message]], spec: ModelSpec) -> None:
    """See that there are messages, and that the model knows their intents.

    Raises:
        DataError: it does not, or there is no message.
    """
    if not any(sets.values()):
        raise DataError("There are no messages to evaluate on.")
    known = {label.name for label in spec.labels} | {OUT_OF_SCOPE}
    for name, messages in sets.items():
        unknown = sorted({message.intent for message in messages} - known)
        if unknown:
            shown = ", ".join(unknown[:SHOWN_NAMES]) + ("…" if unknown[SHOWN_NAMES:] else "")
            raise DataError(
                f"{name} has {len(unknown)} intents that {spec.identifier} does not know: {shown}. "
                "Rename them to those of the model, which GET /v1/intent/labels lists, or to "
                f"{OUT_OF_SCOPE}."
            )


def ask(folder: Path, sets: Mapping[str, Sequence[Message]]) -> Answers:
    """What the model of a folder says to messages.

    Args:
        folder: a served one.
        sets: messages by the name of their file.

    Raises:
        DataError: an intent is not the model's, or a text is refused.
        ModelError: the folder cannot be served.
    """
    model = OnnxModel.load(folder)
    check_known(sets, model.spec)
    messages = [message for of_set in sets.values() for message in of_set]
    service, temperature = IntentService(model), rule_of(model.spec).temperature
    rows: list[Answer] = []
    for start in range(0, len(messages), MAX_TEXTS):
        page = messages[start : start + MAX_TEXTS]
        texts = [message.text for message in page]
        (outcome,) = service.classify([IntentRequest(texts=texts, top_k=0)])
        if isinstance(outcome, ServiceError):
            raise DataError(f"The service refuses a message: {outcome}")
        logits = model.run_padded(model.tokenize(texts))
        found = zip(page, outcome.results, softmax(logits, temperature), strict=True)
        for message, result, probabilities in found:
            language = message.language or hear(message.text, model.spec.languages).language
            rows.append(Answer(message, language, result, probabilities))
    return Answers(model.spec, {name: len(of_set) for name, of_set in sets.items()}, rows)
