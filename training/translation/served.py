"""A served folder back to what `export` builds its graphs of.

Everything is exact: graphs built anew of what was read hold the same numbers.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from transformers import BartConfig, MarianConfig

from functions.translation.contract import (
    DECODER_FILE,
    EMBEDDING,
    EMBEDDING_SCALE,
    ENCODER_FILE,
    OUTPUT_BIAS,
    OUTPUT_SCALE,
    PAST_KEY,
    TABLES_FILE,
)
from shared.models.spec import ModelSpec, read_spec
from training.graph_builder import Array
from training.translation.precision import CROSS, FP32, Precision, product_of
from training.translation.shapes import Config

JOINT = ("q_proj", "k_proj", "v_proj")
ACTIVATIONS = {"QuickGelu": "swish", "Gelu": "gelu"}  # by their node; ReLU needs none in int8


@dataclass(frozen=True)
class Served:
    """A served model.

    Attributes:
        config: as far as it shows in the graphs.
        weights: by torch's names, what is stored once and under its first name; int8 ones
            multiplied out, in float64 so that nothing is lost.
        precision: of the products.
        width: columns of the logits.
    """

    config: Config
    weights: dict[str, Array]
    precision: Precision
    width: int


def read_served(folder: Path) -> Served:
    """Read a folder that this version of the project wrote, or an earlier one.

    Raises:
        ModelMissing: there is no model.
    """
    spec = read_spec(folder)
    encoder, decoder = (
        onnx.load(folder / name, load_external_data=False).graph
        for name in (ENCODER_FILE, DECODER_FILE)
    )
    with np.load(folder / TABLES_FILE) as archive:
        tables = dict(archive)
    config = _config(spec, encoder, decoder)
    weights: dict[str, Array] = {}
    ranges: dict[str, tuple[float, float]] = {}
    dynamic: set[str] = set()
    exact: set[str] = set()
    smoothing: dict[str, Array] = {}
    apart: dict[str, Array] = {}
    for side, graph in (("encoder", encoder), ("decoder", decoder)):
        constants = _constants(graph)
        weights |= layer_weights(constants, config)
        weights[f"model.{side}.embed_positions.weight"] = constants["positions"]
        ranges |= _ranges(constants)
        dynamic |= _dynamic(graph)
        exact |= _exact(constants)
        smoothing |= _ending(constants, ".smoothing")
        apart |= _ending(constants, ".channels")
    scale = tables.get(OUTPUT_SCALE, np.ones(1)).astype(np.float64)
    weights["model.shared.weight"] = tables[EMBEDDING] * scale[:, None]
    weights["final_logits_bias"] = tables[OUTPUT_BIAS][None]
    config.scale_embedding = bool(tables[EMBEDDING_SCALE][0, 0] > scale[0])
    (logits,) = [entry for entry in decoder.output if entry.name == "logits"]
    width = int(logits.type.tensor_type.shape.dim[-1].dim_value)
    precision = FP32
    if OUTPUT_SCALE in tables:
        # Of what has no fixed scale, no range is known, and none is needed.
        ranges |= dict.fromkeys(dynamic | exact, (0.0, 0.0))
        name = str(spec.quantization["weights"])
        precision = Precision(name, ranges, frozenset(exact), frozenset(dynamic), smoothing, apart)
    return Served(config, weights, precision, width)


def _constants(graph: onnx.GraphProto) -> dict[str, Array]:
    return {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if tensor.data_location != onnx.TensorProto.EXTERNAL
    }


def _ranges(constants: dict[str, Array]) -> dict[str, tuple[float, float]]:
    """Of the activations, by the name of the layer they enter."""
    found = {}
    for name, value in constants.items():
        layer, _, kind = name.rpartition(".")
        if kind == "in_scale":
            scale, zero = float(value.item()), int(constants[f"{layer}.in_zero"].item())
            found[layer] = -zero * scale, (255 - zero) * scale
    return found


def _dynamic(graph: onnx.GraphProto) -> set[str]:
    """Layers whose activations' scale is found at each run."""
    kind = "DynamicQuantizeLinear"
    return {n.output[0].removesuffix(".in") for n in graph.node if n.op_type == kind}


def _ending(constants: dict[str, Array], end: str) -> dict[str, Array]:
    """What is stored of the channels that enter a layer, by its name."""
    return {n.removesuffix(end): value for n, value in constants.items() if n.endswith(end)}


def _exact(constants: dict[str, Array]) -> set[str]:
    """Layers of fp32, and the products that they are taken with."""
    layers = {
        name.removesuffix(".weight")
        for name, value in constants.items()
        if name.endswith(".weight") and value.ndim > 1 and value.dtype == np.float32
    }
    return layers | {product_of(layer) for layer in layers}


def layer_weights(constants: dict[str, Array], config: Config) -> dict[str, Array]:
    """Weights and biases under the names of torch's layers, (out, in)."""
    found = {}
    for name, value in constants.items():
        layer, _, kind = name.rpartition(".")
        if kind not in ("weight", "bias"):
            continue
        scale = constants.get(f"{name}_scale")
        exact = value if scale is None else value * scale.astype(np.float64)
        if kind == "weight" and f"{layer}.smoothing" in constants:
            exact = exact * constants[f"{layer}.smoothing"].astype(np.float64)[:, None]
        if kind == "weight" and f"{layer}.apart" in constants:
            exact[constants[f"{product_of(layer)}.channels"]] = constants[f"{layer}.apart"]
        layers = _layers(layer, value.shape[-1], config)
        for part, columns in zip(layers, np.split(exact, len(layers), axis=-1), strict=True):
            found[f"{part}.{kind}"] = columns.T
    return found


def _layers(product: str, columns: int, config: Config) -> list[str]:
    """Torch's layers that a product stands for: earlier versions joined several in one."""
    if product == CROSS:
        return [
            f"model.decoder.layers.{number}.encoder_attn.{part}"
            for number in range(config.decoder_layers)
            for part in JOINT[1:]
        ]
    if product.endswith(JOINT[0]) and columns == len(JOINT) * config.d_model:
        return [product.replace(JOINT[0], part) for part in JOINT]
    return [product]


def _config(spec: ModelSpec, encoder: onnx.GraphProto, decoder: onnx.GraphProto) -> Config:
    """The shape, which spec.json, the caches, the products and the norms tell."""
    shape = {name: int(value or 0) for name, value in spec.parameters.items()}
    (cache,) = [entry for entry in decoder.input if entry.name == PAST_KEY.format(0)]
    constants = _constants(encoder)
    feed_forward = len(constants["model.encoder.layers.0.fc1.bias"])
    kinds = {node.op_type for node in encoder.node}
    activations = [name for kind, name in ACTIVATIONS.items() if kind in kinds]
    bart = "model.encoder.layernorm_embedding.weight" in constants
    return (BartConfig if bart else MarianConfig)(
        **shape,
        decoder_vocab_size=shape["vocab_size"],
        encoder_attention_heads=_encoder_heads(encoder),
        decoder_attention_heads=int(cache.type.tensor_type.shape.dim[1].dim_value),
        encoder_ffn_dim=feed_forward,
        decoder_ffn_dim=feed_forward,
        max_position_embeddings=len(constants["positions"]),
        activation_function=next(iter(activations), "relu"),
        pad_token_id=shape["decoder_start_token_id"],
        forced_eos_token_id=None,
    )


def _encoder_heads(encoder: onnx.GraphProto) -> int:
    """As the first attention states them."""
    names = ("q_num_heads", "num_heads")  # the latter in earlier versions
    return next(
        int(attribute.i)
        for node in encoder.node
        for attribute in node.attribute
        if attribute.name in names
    )
