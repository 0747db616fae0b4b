"""How much goes into one batch of a bulk job, as in statemachines/bulk.asl.yaml.

A batch must be answered well before the function's timeout of 30 s, and its answers must fit into
the 256 KiB that Step Functions takes from a task. The numbers are for requests of one text, or of
one shopper, with the default options, and for many texts or ``k`` of 100 in one line; who asks for
much more (``explain``, hundreds of alternatives) runs smaller batches.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Limits of a batch.

    Attributes:
        lines: at most.
        size_bytes: of its lines together at most.
    """

    lines: int
    size_bytes: int


LIMITS = {
    "intent": BatchLimits(lines=100, size_bytes=14_336),
    "translation": BatchLimits(lines=50, size_bytes=32_768),
    "recommendation": BatchLimits(lines=25, size_bytes=131_072),
}
