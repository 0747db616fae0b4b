"""Which models a deployment may serve, where it says so.

A pin is a SHA-256, or its beginning, over all that the ``spec.json`` of the models states; their
files are covered by their hashes there. Whoever can write the models' place can then take a model
away, but put no other one there.
"""

import hashlib
from collections.abc import Sequence

from shared.errors import ModelAltered
from shared.models.spec import ModelSpec
from shared.settings import get_settings


def pin_of(specs: Sequence[ModelSpec]) -> str:
    """What names these models, in any order: the digest of a single one, or one over theirs."""
    digests = sorted(spec.digest for spec in specs)
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def check_pinned(service: str, specs: Sequence[ModelSpec]) -> None:
    """Refuse models that this deployment does not name.

    Args:
        service: that would serve them.
        specs: of all its models.

    Raises:
        ModelAltered: the service has a pin, and it is not theirs.
    """
    pin, found = get_settings().model_pins.get(service), pin_of(specs)
    if pin and not found.startswith(pin):
        names = ", ".join(spec.identifier for spec in specs)
        raise ModelAltered(
            f"{names}: together {found}, which this deployment may not serve: it names {pin}. Put "
            f"back what it names, or name this in {service.upper()}_MODEL_VERSION."
        )
