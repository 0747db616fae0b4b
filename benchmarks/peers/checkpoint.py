"""The fp32 weights that the peers run.

    python -m benchmarks.peers.checkpoint FOLDER

writes the served model's own as a checkpoint of transformers.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import BertConfig, PreTrainedTokenizerFast

from functions.intent.service import TASK
from shared.models.folder import MODEL_FILE, TOKENIZER_FILE
from shared.settings import get_settings
from training.intent.graph import Outline, outline_in
from training.intent.model import SCALE, BertIntentClassifier
from training.intent.numbers import LayerNames, Numbers, numbers_in

SPECIAL = {"pad_token": ("[PAD]", "<pad>"), "unk_token": ("[UNK]", "<unk>")}
PARTS = ("weight", "bias")

Weights = dict[str, NDArray[Any]]


def _product(numbers: Numbers, layer: str) -> NDArray[np.float32]:
    """Weights of a product as torch has them, (M, K), with what its input was divided by."""
    turned = numbers[f"{layer}.weight"] * numbers[f"{layer}.weight_scale"]  # (K, M)
    found: NDArray[np.float32] = turned.T.astype(np.float32)
    return found


def weights_in(numbers: Numbers, outline: Outline) -> Weights:
    """A state dict that computes what the graph of these numbers does, but for int8 activations.

    The text's head alone is taken.
    """
    bert = "bert.embeddings"
    hidden = numbers["positions"].shape[1]
    found: Weights = {
        f"{bert}.word_embeddings.weight": numbers["embedding"] * numbers["embedding_scale"],
        f"{bert}.position_embeddings.weight": numbers["positions"],
        f"{bert}.token_type_embeddings.weight": np.zeros((2, hidden), np.float32),
        "classifier.weight": numbers["classifier_head"].T / (1 if outline.centred else SCALE),
        "classifier.bias": numbers["classifier_head_bias"],
    }
    norms = [f"{bert}.LayerNorm"]
    for number in range(outline.layers):
        names = LayerNames(number)
        out, entered = f"{names.attended}.dense", names.attention_inputs
        for layers in (entered, [names.wide]):
            smoothing = numbers[f"{layers[0]}.in_smoothing"]  # (K,)
            found |= {f"{layer}.weight": _product(numbers, layer) * smoothing for layer in layers}
        found |= {f"{layer}.weight": _product(numbers, layer) for layer in (out, names.narrow)}
        for layer in (*entered, out, names.wide, names.narrow):
            # Those of keys and values are in what follows.
            absent = np.zeros(len(found[f"{layer}.weight"]), np.float32)
            found[f"{layer}.bias"] = numbers.get(f"{layer}.bias", absent)
        norms += names.norms
    return found | {f"{norm}.{x}": numbers[f"{norm}.{x}"] for norm in norms for x in PARTS}


def _fast(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    known = tokenizer.get_vocab()
    special = {
        kind: next(token for token in tokens if token in known) for kind, tokens in SPECIAL.items()
    }
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)


def _config(numbers: Numbers, outline: Outline) -> BertConfig:
    wide = LayerNames(0).wide
    positions, hidden = numbers["positions"].shape
    config = BertConfig(
        vocab_size=len(numbers["embedding"]),
        hidden_size=hidden,
        num_hidden_layers=outline.layers,
        num_attention_heads=outline.heads,
        intermediate_size=numbers[f"{wide}.weight"].shape[1],
        max_position_embeddings=positions,
        layer_norm_eps=outline.epsilon,
        num_labels=len(numbers["classifier_head_bias"]),
    )
    config.centred, config.denies, config.slots = outline.centred, False, []
    return config


def model_of(graph: onnx.ModelProto) -> BertIntentClassifier:
    """A classifier with the int8 weights of a graph, in fp32.

    Raises:
        RuntimeError: the graph has other parts than a classifier.
    """
    numbers, outline = numbers_in(graph), outline_in(graph)
    model = BertIntentClassifier(_config(numbers, outline))
    weights: Mapping[str, torch.Tensor] = {
        name: torch.from_numpy(np.array(value, np.float32, order="C"))
        for name, value in weights_in(numbers, outline).items()
    }
    missing, unexpected = model.load_state_dict(weights, strict=False)
    left_out = {"pooled_mean", "pooled_deviation", "token_mean", "token_deviation"}
    if unexpected or set(missing) - left_out:
        raise RuntimeError(f"the graph has other parts: {missing}, {unexpected}")
    return model.eval()


def served() -> tuple[BertIntentClassifier, PreTrainedTokenizerFast]:
    """The served model's own int8 weights, in fp32, and its tokenizer."""
    folder = get_settings().model_dir(TASK)
    model = model_of(onnx.load(folder / MODEL_FILE))
    return model, _fast(Tokenizer.from_file(str(folder / TOKENIZER_FILE)))


def load(checkpoint: Path | None) -> tuple[BertIntentClassifier, PreTrainedTokenizerFast]:
    """Model and tokenizer of a checkpoint, or of the served folder."""
    if checkpoint is None:
        return served()
    model = BertIntentClassifier.from_pretrained(checkpoint)
    return model.eval(), _fast(Tokenizer.from_file(str(checkpoint / "tokenizer.json")))


def main(folder: Path) -> None:
    """Write the served model's weights and tokenizer."""
    model, _ = served()
    model.save_pretrained(folder)
    shutil.copyfile(get_settings().model_dir(TASK) / TOKENIZER_FILE, folder / "tokenizer.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
