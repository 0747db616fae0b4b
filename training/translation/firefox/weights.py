"""A model's tensors with their channels in an order that is safe to multiply; see `pairing`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.errors import DataError
from training.translation.firefox.architecture import Architecture, architecture_of
from training.translation.firefox.binary import MarianBinary, Quantized, Tensor
from training.translation.firefox.pairing import costs, lowered, pair

OUTPUT_BIAS = "decoder_ff_logit_out_b"
_OUTPUT_INPUT_SCALES = ("none_QuantMultA", "Wemb_QuantMultA", "decoder_Wemb_QuantMultA")

Order = NDArray[np.intp]


@dataclass(frozen=True)
class Weights:
    """A model, ready to be built.

    Attributes:
        tensors: by Marian's names, without tables of embeddings and their scales.
        source_table: embeddings of the source, in the encoder's order of channels.
        target_table: of the target, which are the output layer too, in the decoder's order; where
            both sides have one table, `source_order` leads from this one to the encoder's order.
        source_order: channels of the target's table in the encoder's order.
        encoder_order: Marian's channels in the encoder's order, for its positions.
        decoder_order: in the decoder's.
    """

    architecture: Architecture
    tensors: Mapping[str, Tensor]
    source_table: Quantized
    target_table: Quantized
    source_order: Order
    encoder_order: Order
    decoder_order: Order

    def quantized(self, name: str) -> Quantized:
        """An int8 matrix (K, N).

        Raises:
            DataError: there is none of this name.
        """
        tensor = self.tensors.get(name)
        if not isinstance(tensor, Quantized):
            raise DataError(_missing(name, "int8 (intgemm8)"))
        return tensor

    def vector(self, name: str) -> NDArray[np.float32]:
        """A float32 vector (N,): a bias, or a norm's scale or bias.

        Raises:
            DataError: there is none of this name.
        """
        tensor = self.tensors.get(name)
        if tensor is None or isinstance(tensor, Quantized):
            raise DataError(_missing(name, "float32"))
        return tensor.reshape(-1)

    def input_multiplier(self, name: str) -> float:
        """What entries that a product takes are multiplied by before they are rounded.

        Raises:
            DataError: the model was quantized without fixed scales for what enters.
        """
        return _scalar(self.tensors, (f"{name}_QuantMultA",))

    @property
    def output_multiplier(self) -> float:
        """The same for the output layer."""
        return _scalar(self.tensors, _OUTPUT_INPUT_SCALES)


def _missing(name: str, kind: str) -> str:
    return f"The model has no {kind} tensor {name}; it is not of the shape that it tells."


def _scalar(tensors: Mapping[str, Tensor], names: Sequence[str]) -> float:
    for name in names:
        if name in tensors:
            tensor = tensors[name]
            exact = tensor.exact() if isinstance(tensor, Quantized) else tensor
            return float(exact.reshape(-1)[0])
    raise DataError(
        f"The model has no {names[0]}: its activations have no fixed scales. Import the "
        "model.*.intgemm.alphas.bin, which has them."
    )


def arrange(binary: MarianBinary) -> Weights:
    """Put the channels of a model in an order in which hardly anything can overflow.

    Raises:
        DataError: the model is of a shape that is not served, or a tensor is missing.
    """
    architecture = architecture_of(binary.configuration)
    tensors = dict(binary.tensors)
    if architecture.one_vocabulary:
        source = target = _table(tensors, "Wemb")
    else:
        source, target = _table(tensors, "encoder_Wemb"), _table(tensors, "decoder_Wemb")
    try:
        encoder = _order([tensors[name] for name in _encoder_readers(architecture)])
        readers = [tensors[name] for name in _decoder_readers(architecture)]
        decoder = _order([*readers, Quantized(target.values.T, target.multiplier)])
        for name in _encoder_readers(architecture):
            tensors[name] = _rows(tensors[name], encoder)
        for name in _decoder_readers(architecture):
            tensors[name] = _rows(tensors[name], decoder)
        for name in _writers(tensors, "encoder"):
            tensors[name] = _columns(tensors[name], encoder)
        for name in _writers(tensors, "decoder"):
            tensors[name] = _columns(tensors[name], decoder)
        for w_in, w_out, parts in _inner(architecture):
            _arrange_inner(tensors, w_in, w_out, parts)
    except KeyError as error:
        raise DataError(_missing(str(error.args[0]), "int8 (intgemm8)")) from error
    shared = np.argsort(decoder)[encoder] if architecture.one_vocabulary else np.arange(0)
    return Weights(
        architecture,
        tensors,
        Quantized(source.values[:, encoder], source.multiplier),
        Quantized(target.values[:, decoder], target.multiplier),
        shared,
        encoder,
        decoder,
    )


def without_overflow(model: Weights) -> tuple[Weights, int]:
    """The model with the few weights lowered that could still overflow, and how many they are."""
    tensors = dict(model.tensors)
    total = 0
    for name in _products(model.architecture):
        values, count = lowered(model.quantized(name).values)
        tensors[name] = Quantized(values, model.quantized(name).multiplier)
        total += count
    turned, count = lowered(model.target_table.values.T)
    table = Quantized(np.ascontiguousarray(turned.T), model.target_table.multiplier)
    return replace(model, tensors=tensors, target_table=table), total + count


def _table(tensors: dict[str, Tensor], name: str) -> Quantized:
    table = tensors.pop(name, None)
    if not isinstance(table, Quantized):
        raise DataError(_missing(name, "int8 (intgemm8)"))
    return table


def _order(matrices: Sequence[Tensor]) -> Order:
    return pair(costs([m.values for m in matrices if isinstance(m, Quantized)]))


def _rows(tensor: Tensor, order: Order) -> Tensor:
    assert isinstance(tensor, Quantized)
    return Quantized(tensor.values[order], tensor.multiplier)


def _columns(tensor: Tensor, order: Order) -> Tensor:
    if isinstance(tensor, Quantized):
        return Quantized(tensor.values[:, order], tensor.multiplier)
    return tensor[:, order]


def _encoder_readers(shape: Architecture) -> list[str]:
    """Products over what runs through the encoder."""
    layers = range(1, shape.encoder_layers + 1)
    names = [f"encoder_l{n}_{part}" for n in layers for part in (*_QKV, "ffn_W1")]
    across = range(1, shape.decoder_layers + 1)
    return names + [f"decoder_l{n}_context_W{part}" for n in across for part in "kv"]


_QKV = ("self_Wq", "self_Wk", "self_Wv")


def _decoder_readers(shape: Architecture) -> list[str]:
    """Products over what runs through the decoder, but for the output layer."""
    own = ("rnn_W", "rnn_Wf") if shape.cell == "ssru" else _QKV
    layers = range(1, shape.decoder_layers + 1)
    return [f"decoder_l{n}_{part}" for n in layers for part in (*own, "context_Wq", "ffn_W1")]


_WRITERS = (
    *("_self_Wo", "_self_bo", "_context_Wo", "_context_bo", "_ffn_W2", "_ffn_b2"),
    *("_rnn_W", "_rnn_Wf", "_rnn_bf", "_ln_scale", "_ln_bias"),
)


def _writers(tensors: Mapping[str, Tensor], side: str) -> list[str]:
    """Tensors whose columns are what runs through a side."""
    return [name for name in tensors if name.startswith(f"{side}_l") and name.endswith(_WRITERS)]


def _attentions(shape: Architecture) -> Iterator[str]:
    yield from (f"encoder_l{n}_self" for n in range(1, shape.encoder_layers + 1))
    for n in range(1, shape.decoder_layers + 1):
        yield f"decoder_l{n}_context"
        if shape.cell == "self-attention":
            yield f"decoder_l{n}_self"


def _feed_forwards(shape: Architecture) -> Iterator[str]:
    yield from (f"encoder_l{n}_ffn" for n in range(1, shape.encoder_layers + 1))
    yield from (f"decoder_l{n}_ffn" for n in range(1, shape.decoder_layers + 1))


def _inner(shape: Architecture) -> Iterator[tuple[Sequence[str], str, int]]:
    """What writes channels that only one product reads, that product, and in how many parts."""
    for name in _attentions(shape):
        yield (f"{name}_Wv", f"{name}_bv"), f"{name}_Wo", shape.heads
    for name in _feed_forwards(shape):
        yield (f"{name}_W1", f"{name}_b1"), f"{name}_W2", 1


def _arrange_inner(
    tensors: dict[str, Tensor], writers: Sequence[str], reader: str, parts: int
) -> None:
    """Order the channels between two products, within each of the parts (heads)."""
    matrix = tensors[reader]
    assert isinstance(matrix, Quantized)
    size = len(matrix.values) // parts
    orders = [
        start + pair(costs([matrix.values[start : start + size]]))
        for start in range(0, len(matrix.values), size)
    ]
    order = np.concatenate(orders)
    tensors[reader] = _rows(matrix, order)
    for name in writers:
        tensors[name] = _columns(tensors[name], order)


def _products(shape: Architecture) -> list[str]:
    """Every product of the layers."""
    return [
        *_encoder_readers(shape),
        *_decoder_readers(shape),
        *(reader for _, reader, _ in _inner(shape)),
    ]
