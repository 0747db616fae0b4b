"""Marian's binary format, as Firefox ships it: named tensors, int8 ones with their multipliers.

After marian-dev `src/common/binary.cpp` and browsermt's intgemm: u64 version, u64 count; a header
of four u64 for each tensor (bytes of its name, type, dimensions, bytes of its data); the names, the
shapes (i32), a padding that tells its own length, the data in turn.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from training.errors import DataError

VERSION = 1
FLOAT32, INT8, INTGEMM8 = 0x404, 0x101, 0x4101
CONFIGURATION = "special:model.yml"
ROW_MAJOR = "Wemb"  # what tables of embeddings end in, which alone are not stored transposed

_HEADER = struct.Struct("<QQQQ")
_MOST_TENSORS = 100_000
_TYPES = {0x204: "float16", 0x4201: "intgemm16", 0x408: "float64", 0x104: "int32"}


@dataclass(frozen=True)
class Quantized:
    """An int8 matrix; the value of an entry is the entry over the multiplier.

    Attributes:
        values: (K, N) int8, as a product takes it: its rows are what enters.
    """

    values: NDArray[np.int8]
    multiplier: float

    def exact(self) -> NDArray[np.float32]:
        """The values that the entries stand for, float32."""
        return self.values.astype(np.float32) / np.float32(self.multiplier)


Tensor = NDArray[np.float32] | Quantized


@dataclass(frozen=True)
class MarianBinary:
    """What a file holds.

    Attributes:
        tensors: by Marian's names.
        configuration: ``special:model.yml``.
    """

    tensors: Mapping[str, Tensor]
    configuration: Mapping[str, Any]


def read_binary(path: Path) -> MarianBinary:
    """Read a model file.

    Raises:
        DataError: it is not there, not of this format, cut short, or of a type that is not served.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    try:
        return _parse(data, path)
    except (struct.error, ValueError, OverflowError) as error:
        raise DataError(
            f"{path} is no Marian binary, or is cut short ({error}). Fetch it again; it must be a "
            "model.*.intgemm.alphas.bin of Firefox Translations, unpacked."
        ) from error


def _parse(data: bytes, path: Path) -> MarianBinary:
    version, count = struct.unpack_from("<QQ", data, 0)
    if version != VERSION or count > _MOST_TENSORS:
        raise ValueError(f"version {version}, {count} tensors")
    heads = [_HEADER.unpack_from(data, 16 + _HEADER.size * place) for place in range(count)]
    at = 16 + _HEADER.size * count
    names = []
    for length, *_ in heads:
        names.append(data[at : at + length].rstrip(b"\0").decode())
        at += length
    shapes = []
    for _, _, dimensions, _ in heads:
        shapes.append(struct.unpack_from(f"<{dimensions}i", data, at))
        at += 4 * dimensions
    at += 8 + struct.unpack_from("<Q", data, at)[0]
    tensors: dict[str, Tensor] = {}
    configuration: dict[str, Any] = {}
    for name, (_, kind, _, size), shape in zip(names, heads, shapes, strict=True):
        raw, at = data[at : at + size], at + size
        if len(raw) != size:
            raise ValueError(f"{name} should have {size:,} bytes, {len(raw):,} are left")
        if name == CONFIGURATION:
            configuration = yaml.safe_load(raw.rstrip(b"\0").decode())
        else:
            tensors[name] = _tensor(name, kind, raw, shape, path)
    if not configuration:
        raise DataError(f"{path} has no {CONFIGURATION}, which tells the model's shape.")
    return MarianBinary(tensors, configuration)


def _tensor(name: str, kind: int, raw: bytes, shape: tuple[int, ...], path: Path) -> Tensor:
    count = math.prod(shape)
    if kind == FLOAT32:
        return np.frombuffer(raw, "<f4", count).reshape(shape)
    if kind != INTGEMM8:
        raise DataError(
            f"{path}: {name} is of type {_TYPES.get(kind, hex(kind))}; only int8 (intgemm8) "
            "matrices and float32 are read. Quantize the model as Firefox does "
            "(marian-conv --gemm-type intgemm8)."
        )
    multiplier = float(np.frombuffer(raw, "<f4", 1, count)[0])
    values = np.frombuffer(raw, np.int8, count)
    if name.endswith(ROW_MAJOR) or count == 1:
        return Quantized(values.reshape(shape), multiplier)
    return Quantized(values.reshape(shape[::-1]).T, multiplier)
