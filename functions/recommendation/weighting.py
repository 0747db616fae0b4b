"""How much an event counts where the model has not learned that from its training data.

A purchase says more than a cart, a cart more than a view, and what was done lately more than what
was done long ago. A weight w is log w on the event's attention logit, and w times what the event
adds to its own item: 1 leaves the model as it is.
"""

from functions.recommendation.model import EVENT_TYPES
from shared.model_spec import ModelSpec

DAY_S = 86_400.0
LEAST_WEIGHT = 0.01
DEFAULT_PARAMETERS: dict[str, float | int | str | None] = {
    "view_weight": 0.3,
    "cart_weight": 0.6,
    "purchase_weight": 1.0,
    "half_life_days": 60.0,
}


class Weighting:
    """The weights that a model's spec asks for."""

    def __init__(self, spec: ModelSpec) -> None:
        given = spec.parameters
        self.typed, self.timed = bool(given["typed"]), bool(given["timed"])
        self._by_kind = [float(given[f"{name}_weight"] or 0) for name in EVENT_TYPES]
        self._half_life_s = float(given["half_life_days"] or 0) * DAY_S

    def weight(self, kind: int, age_s: float) -> float:
        """Weight of one event, at least `LEAST_WEIGHT`.

        Args:
            kind: place in `EVENT_TYPES`.
            age_s: seconds before the recommendation.
        """
        weight = 1.0 if self.typed else self._by_kind[kind]
        if not self.timed:
            weight *= 0.5 ** (max(age_s, 0.0) / self._half_life_s)
        return max(weight, LEAST_WEIGHT)
