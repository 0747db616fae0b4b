"""What int8 needs to know of a model: ranges of its activations, and each language's pieces."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import MarianMTModel

from functions.translation.contract import PLACEHOLDERS
from training.graph_builder import Ranges
from training.translation.batches import Encoded
from training.translation.export import CROSS, OUTPUT
from training.translation.vocabulary import END, PAD, SPECIAL

WIDTH_MULTIPLE = 64  # of the logits, so that the output layer's last block of columns is full


def calibrate(model: MarianMTModel, sources: Encoded, targets: Encoded) -> Ranges:
    """Least and greatest value that enters each linear layer, over all the pairs given.

    Args:
        model: fp32, on the CPU.
        sources: token ids with tags.
        targets: token ids.
    """
    ranges: dict[str, tuple[float, float]] = {}

    def remember(name: str) -> object:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            low, high = ranges.get(name, (0.0, 0.0))
            values = inputs[0]
            ranges[name] = min(low, float(values.min())), max(high, float(values.max()))

        return hook

    hooks = [
        module.register_forward_pre_hook(remember(name))
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear)
    ]
    try:
        with torch.inference_mode():
            for row in range(len(sources.lengths)):  # one at a time: padding has no range
                source = torch.from_numpy(sources[row].astype(np.int64))
                target = torch.from_numpy(targets[row].astype(np.int64))
                start = target.new_tensor([model.config.decoder_start_token_id])
                model(
                    input_ids=source[None],
                    decoder_input_ids=torch.cat([start, target[:-1]])[None],
                )
    finally:
        for hook in hooks:
            hook.remove()
    ranges[CROSS] = ranges["model.decoder.layers.0.encoder_attn.k_proj"]
    ranges[OUTPUT] = ranges["lm_head"]
    if model.config.activation_function == "relu":
        # What is below zero is cut off by the zero point, in place of the activation.
        ranges |= {name: (0.0, high) for name, (_, high) in ranges.items() if name.endswith("fc2")}
    return ranges


def pieces_of(
    tokenizer: Tokenizer, texts: Mapping[str, Iterable[str]]
) -> dict[str, NDArray[np.uint16]]:
    """The ids that each language's texts are written with: the columns of its output layer.

    Bytes and single characters are always among them, so that nothing is impossible to write;
    special tokens and target tags never, but for the end token. All are padded to one width.
    """
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    never = {vocabulary[text] for text in (*SPECIAL, *PLACEHOLDERS) if text in vocabulary}
    never |= {number for text, number in vocabulary.items() if text.startswith(">>")}
    always = {END} | {
        number
        for text, number in vocabulary.items()
        if len(text.lstrip("▁")) <= 1 or text.startswith("<0x")
    }
    found: dict[str, list[int]] = {}
    for language, lines in texts.items():
        counts: Counter[int] = Counter()
        for encoding in tokenizer.encode_batch_fast(list(lines)):
            counts.update(encoding.ids)
        found[language] = sorted((set(counts) | always) - never | {END})
    return _one_width(found, [vocabulary[text] for text in PLACEHOLDERS if text in vocabulary], PAD)


def all_pieces(languages: Sequence[str], tokens: int, pad: int) -> dict[str, NDArray[np.uint16]]:
    """Every id but padding, for a model whose training texts are not at hand."""
    ids = [number for number in range(tokens) if number != pad]
    return _one_width(dict.fromkeys(languages, ids), [], pad)


def _one_width(
    found: dict[str, list[int]], placeholders: list[int], pad: int
) -> dict[str, NDArray[np.uint16]]:
    widest = max(map(len, found.values())) + len(placeholders)
    width = -(-widest // WIDTH_MULTIPLE) * WIDTH_MULTIPLE
    return {
        language: np.array(
            [*ids, *[pad] * (width - len(ids) - len(placeholders)), *placeholders], dtype=np.uint16
        )
        for language, ids in found.items()
    }
