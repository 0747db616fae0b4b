"""How exactly each product of a model is computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from training.graph_builder import Array, Ranges

CROSS, OUTPUT = "cross", "output"  # products that are not one of torch's layers
_TAKEN_WITH = {"k_proj": "q_proj", "v_proj": "q_proj"}  # self-attention's enter as one tensor


@dataclass(frozen=True)
class Precision:
    """Of the products of one model; weights and embedding are int8 but for fp32's.

    Attributes:
        name: what spec.json calls it.
        ranges: of what enters each product, for int8; None where everything is fp32.
        exact: products that are of fp32 in spite of that.
        dynamic: products for which the scale of what enters is found anew at each run.
        smoothing: of what enters some of them, by channel: see `quantize.smoothing_of`.
        apart: channels that products of fp32 take: see `quantize.large_channels`.
    """

    name: str
    ranges: Ranges | None
    exact: frozenset[str] = frozenset()
    dynamic: frozenset[str] = frozenset()
    smoothing: Mapping[str, Array] = field(default_factory=dict)
    apart: Mapping[str, Array] = field(default_factory=dict)

    @property
    def int8(self) -> bool:
        """Whether the embedding, and products but for `exact`, are int8."""
        return self.ranges is not None

    def described(self) -> dict[str, str]:
        """For spec.json and the card."""
        if not self.int8:
            return {"weights": "fp32"}
        found = dict(_INT8)
        if self.smoothing:
            found["smoothing"] = (
                "what enters a feed-forward block's products is scaled by channel, and the weights "
                "against it (SmoothQuant)"
            )
        if self.apart:
            count = sum(map(len, self.apart.values()))
            found["large_channels"] = (
                f"{count} channels of what enters {len(self.apart)} products, which are much "
                "larger than the others, are in fp32"
            )
        if self.dynamic and not self.exact:
            found["activations"] = (
                "uint8, the scale of each tensor found at each run, so that a close choice can "
                "depend on what is in the same batch"
            )
        elif self.exact:
            more = sorted({product_of(name) for name in self.exact} | self.dynamic)
            found["higher_precision"] = ", ".join(more)
        return found


_INT8 = {
    "weights": "int8 per output channel (7 bits used)",
    "activations": "uint8, one fixed scale for each tensor, found on training pairs",
    "embeddings": "int8 per row, one copy for the encoder, the decoder and the output layer",
    "output_layer": "over the pieces that the target language is written with",
}
FP32 = Precision("fp32", None)


def int8(ranges: Ranges) -> Precision:
    """One fixed scale for each tensor."""
    return Precision("int8", ranges)


def product_of(layer: str) -> str:
    """The name that the product of one of torch's linear layers is quantized under."""
    head, _, part = layer.rpartition(".")
    if layer == "lm_head":
        return OUTPUT
    if not head:
        return layer
    if head.endswith("encoder_attn") and part in _TAKEN_WITH:
        return CROSS
    return f"{head}.{_TAKEN_WITH.get(part, part)}"


def with_apart(ranges: Ranges, apart: Mapping[str, Array]) -> Precision:
    """The same, with the channels that are much larger than others in fp32.

    Args:
        ranges: of what enters each product, without these channels.
        apart: numbers of the channels, by product.
    """
    return replace(int8(ranges), name="int8, large channels in fp32", apart=apart)


def smoothed(ranges: Ranges, smoothing: Mapping[str, Array]) -> Precision:
    """The same, with channels that are much larger than others scaled down before.

    Args:
        ranges: of what enters each product, smoothed.
        smoothing: by layer, what each channel is multiplied by.
    """
    return replace(int8(ranges), name="int8, smoothed", smoothing=smoothing)


def sensitive(base: Precision, losses: Mapping[str, float], share: float) -> Precision:
    """The products that lose most in fp32, the output layer's with a scale of its own each run.

    The output layer's weights are the embedding, of which there is but one copy.

    Args:
        base: how the others are computed.
        losses: by product, the share of its result that int8 gets wrong.
        share: of the products that are made more exact.
    """
    ordered = sorted(losses, key=lambda name: -losses[name])
    chosen = frozenset(ordered[: max(1, round(share * len(ordered)))])
    exact = _with_parts(chosen - {OUTPUT}, base.ranges or {})
    return replace(
        base,
        name=f"{base.name}, {share:.0%} of products in higher precision",
        exact=exact,
        dynamic=chosen & {OUTPUT},
        smoothing={name: value for name, value in base.smoothing.items() if name not in exact},
    )


def _with_parts(products: frozenset[str], ranges: Ranges) -> frozenset[str]:
    """The products with every layer that is computed of the same tensor."""
    return products | {name for name in ranges if product_of(name) in products}


def dynamic(base: Precision) -> Precision:
    """Every product with the scale of what enters it at this run."""
    return replace(base, name="dynamic int8", dynamic=frozenset(base.ranges or {}))


def ladder(
    plain: Precision,
    apart: Precision,
    smooth: Precision,
    losses: Mapping[str, float],
    shares: Sequence[float],
) -> list[Precision]:
    """From the quickest to the most exact.

    Args:
        plain: int8 with fixed scales.
        apart: the same, with large channels in fp32.
        smooth: with fixed scales, smoothed.
        losses: of the latter's products.
        shares: of the products, those that lose most, in higher precision.
    """
    some = [sensitive(smooth, losses, share) for share in shares]
    return [plain, apart, smooth, *some, dynamic(smooth), FP32]
