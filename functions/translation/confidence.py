"""How likely a translation is to be right, from what is known of it once it is there.

A logistic regression over the model's own log-probability, the words that have no meaning in the
translation, the faults that were found and the sentence's length. Its weights are fitted to
judgements of a model's translations and stand in the model's ``spec.json``.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

LEAST_SURE = 0.4  # a sentence below it should be read by someone
PREFIX = "confidence_"  # of the weights in ``spec.json``


@dataclass(frozen=True)
class Known:
    """What is known of one sentence's translation.

    Attributes:
        score: log-probability a token, in nats; 0 for what no model has written.
        missing: share of the sentence's known words that it has no meaning of, 0 to 1.
        faults: whether a check found something wrong with it, 0 or 1.
        length: natural logarithm of the number of the sentence's words.
    """

    score: float
    missing: float
    faults: float
    length: float

    @classmethod
    def of(cls, core: str, *, score: float, missing: float, faulty: bool) -> "Known":
        """Of the translation of a sentence, as `Known` describes it."""
        words = max(1, len(core.split()))
        return cls(score, missing, float(faulty), math.log(words))


Certainty = Callable[[Known], float]


@dataclass(frozen=True)
class Calibration:
    """Weights of the regression; the defaults are those of the default model.

    Attributes:
        base: intercept.
        score, missing, faults, length: of what `Known` has.
    """

    base: float = 1.67
    score: float = 8.67
    missing: float = -1.08
    faults: float = -0.49
    length: float = 0.44

    @classmethod
    def read(cls, parameters: Mapping[str, Any]) -> "Calibration":
        """From the parameters of a model's ``spec.json``; the defaults for what it lacks."""
        names = (field.name for field in fields(cls))
        given = {name: parameters.get(PREFIX + name) for name in names}
        return cls(**{name: float(value) for name, value in given.items() if value is not None})

    def written(self) -> dict[str, float]:
        """As the parameters of ``spec.json`` have it."""
        return {PREFIX + field.name: getattr(self, field.name) for field in fields(self)}

    def probability(self, known: Known) -> float:
        """How likely a translation is right, 0 to 1."""
        total = self.base + sum(
            getattr(self, field.name) * getattr(known, field.name) for field in fields(known)
        )
        return 1 / (1 + math.exp(-total)) if total > -500 else 0.0
