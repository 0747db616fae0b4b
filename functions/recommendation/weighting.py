"""How much an event counts where the model has not learned that from its training data.

A purchase says more than a cart, a cart more than a view, and what was done lately more than what
was done long ago. A weight w is log w on the event's attention logit, and w times what the event
adds to its own item: 1 leaves the model as it is.
"""

from collections.abc import Sequence

from functions.recommendation.model import EVENT_TYPES
from shared.models.spec import ModelSpec

DAY_S = 86_400.0
LEAST_WEIGHT = 0.01
DEFAULT_PARAMETERS: dict[str, float | int | str | None] = {
    "view_weight": 0.3,
    "cart_weight": 0.6,
    "purchase_weight": 1.0,
    "half_life_days": 60.0,
}


class Weighting:
    """The weights that a model's spec asks for.

    Attributes:
        by_kind: of new events, by their places in `EVENT_TYPES`.
    """

    def __init__(self, spec: ModelSpec) -> None:
        given = spec.parameters
        self.typed, self.timed = bool(given["typed"]), bool(given["timed"])
        by_kind = [1.0 if self.typed else float(given[f"{n}_weight"] or 0) for n in EVENT_TYPES]
        self.by_kind = [max(weight, LEAST_WEIGHT) for weight in by_kind]
        self._half_life_s = float(given["half_life_days"] or 0) * DAY_S

    def weight(self, kind: int, age_s: float) -> float:
        """Weight of one event; see `weights`."""
        (weight,) = self.weights([kind], [age_s])
        return weight

    def weights(self, kinds: Sequence[int], ages_s: Sequence[float]) -> list[float]:
        """Weights of events, each at least `LEAST_WEIGHT`.

        Args:
            kinds: places in `EVENT_TYPES`.
            ages_s: seconds before the recommendation.
        """
        weights = [self.by_kind[kind] for kind in kinds]
        if self.timed:
            return weights
        halvings = [max(age_s, 0.0) / self._half_life_s for age_s in ages_s]
        return [max(w * 0.5**n, LEAST_WEIGHT) for w, n in zip(weights, halvings, strict=True)]
