"""What int8 needs to know of a model: ranges of its activations, and each language's pieces."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from functions.translation.contract import PLACEHOLDERS
from training.graph_builder import WEIGHT_MAX, Ranges
from training.translation.batches import Encoded
from training.translation.precision import CROSS, OUTPUT, product_of
from training.translation.shapes import Model
from training.translation.vocabulary import END, PAD, SPECIAL

LARGE = 1.3  # times what 99 of 100 channels stay below, from which a channel is a large one
MOST_LARGE = 8  # of one product
SMOOTHED = (".fc1", ".fc2")  # ends of names of layers
SMOOTHING = 0.8  # the greatest value's power; the rest is left to the weights
LEAST_PEAK = 1e-3  # of the greatest channel's: a channel that calibration hardly saw
WIDTH_MULTIPLE = 64  # of the logits, so that the output layer's last block of columns is full


def calibrate(
    model: Model,
    sources: Encoded,
    targets: Encoded,
    smoothing: Mapping[str, NDArray[np.float32]] | None = None,
    apart: Mapping[str, NDArray[np.int64]] | None = None,
) -> Ranges:
    """Least and greatest value that enters each linear layer, over all the pairs given.

    Args:
        model: fp32, on the CPU.
        sources: token ids with tags.
        targets: token ids.
        smoothing: by layer, what each channel is multiplied by before.
        apart: as of `large_channels`; they do not count.
    """
    ranges: dict[str, tuple[float, float]] = {}

    def remember(name: str, _: nn.Linear, values: Tensor) -> None:
        values = values * _factors(smoothing or {}, name)
        if product_of(name) in (apart or {}):
            values[..., (apart or {})[product_of(name)]] = 0
        low, high = ranges.get(name, (0.0, 0.0))
        ranges[name] = min(low, float(values.min())), max(high, float(values.max()))

    _watch(model, sources, targets, remember)
    ranges[CROSS] = ranges["model.decoder.layers.0.encoder_attn.k_proj"]
    ranges[OUTPUT] = ranges["lm_head"]
    if model.config.activation_function == "relu":
        # What is below zero is cut off by the zero point, in place of the activation.
        ranges |= {name: (0.0, high) for name, (_, high) in ranges.items() if name.endswith("fc2")}
    return ranges


def _factors(smoothing: Mapping[str, NDArray[np.float32]], layer: str) -> Tensor:
    """What each channel that enters a layer is multiplied by, (K,), or one 1 for all."""
    return torch.from_numpy(smoothing[layer]) if layer in smoothing else torch.ones(1)


def large_channels(
    model: Model, sources: Encoded, targets: Encoded
) -> dict[str, NDArray[np.int64]]:
    """The few channels of each product's input that are much larger than all others.

    A pretrained encoder has some, of a few tokens. Where the others share int8's steps with them,
    little is left of these; a small product in fp32 for them costs next to nothing (Dettmers et
    al. 2022, "LLM.int8()").

    Args:
        model: fp32, on the CPU.
        sources: token ids with tags.
        targets: token ids.

    Returns:
        By product, numbers of channels; none of the output layer, whose weights are the embedding.
    """
    found: dict[str, NDArray[np.int64]] = {}
    for name, peak in _peaks(model, sources, targets).items():
        limit = LARGE * float(peak.quantile(0.99))
        channels = peak.argsort(descending=True)[: min(MOST_LARGE, int((peak > limit).sum()))]
        if len(channels) and product_of(name) != OUTPUT:
            found.setdefault(product_of(name), channels.sort().values.numpy())
    return found


def _peaks(model: Model, sources: Encoded, targets: Encoded) -> dict[str, Tensor]:
    """By layer, the greatest size of each channel that enters it, (K,)."""
    peaks: dict[str, Tensor] = {}

    def remember(name: str, _: nn.Linear, values: Tensor) -> None:
        peak = values.abs().flatten(0, -2).amax(0)
        peaks[name] = torch.maximum(peaks.get(name, peak), peak)

    _watch(model, sources, targets, remember)
    return peaks


def smoothing_of(
    model: Model, sources: Encoded, targets: Encoded
) -> dict[str, NDArray[np.float32]]:
    """Factors that bring the channels that enter feed-forward products closer to one size.

    A few channels of a pretrained encoder are many times as large as all others, which share what
    steps of int8 are left between them. A channel is divided by its greatest value to the power
    `SMOOTHING`, and its weights grow by as much (Xiao et al. 2023, "SmoothQuant").

    Args:
        model: fp32, on the CPU.
        sources: token ids with tags.
        targets: token ids.
    """
    layers = dict(model.named_modules())
    found = {}
    for name, peak in _peaks(model, sources, targets).items():
        if not name.endswith(SMOOTHED):
            continue
        weight = layers[name].get_parameter("weight").detach().abs().amax(0)  # (K,)
        least = LEAST_PEAK * float(peak.max()), LEAST_PEAK * float(weight.max())
        strength = peak.clamp_min(least[0]) ** SMOOTHING
        strength /= weight.clamp_min(least[1]) ** (1 - SMOOTHING)
        found[name] = (1 / strength).numpy().astype(np.float32)
    return found


def losses(
    model: Model,
    sources: Encoded,
    targets: Encoded,
    ranges: Ranges,
    smoothing: Mapping[str, NDArray[np.float32]] | None = None,
) -> dict[str, float]:
    """Of each product, the share of its result's power that int8 with fixed scales gets wrong.

    It is the mean over positions: a few have results many times as large as all others, and would
    hide what these lose.

    Args:
        model: fp32, on the CPU.
        sources: token ids with tags.
        targets: token ids.
        ranges: that `calibrate` found, with the same smoothing.
        smoothing: as of `smoothing_of`.
    """
    wrong: defaultdict[str, float] = defaultdict(float)
    whole: defaultdict[str, int] = defaultdict(int)
    rounded: dict[str, Tensor] = {}

    def compare(name: str, layer: nn.Linear, values: Tensor) -> None:
        factors = _factors(smoothing or {}, name)
        weight = layer.weight / factors
        if name not in rounded:
            scale = weight.abs().amax(1, keepdim=True) / WEIGHT_MAX  # (N, 1)
            rounded[name] = (weight / scale).round() * scale
        low, high = ranges[name]
        step = max((high - low) / 255, 1e-8)
        taken = (values * factors / step).round().clamp(
            round(low / step), round(high / step)
        ) * step
        exact = nn.functional.linear(values, layer.weight)
        difference = nn.functional.linear(taken, rounded[name]) - exact
        shares = difference.square().sum(-1) / exact.square().sum(-1).clamp_min(1e-12)  # (1, T)
        wrong[product_of(name)] += float(shares.sum())
        whole[product_of(name)] += shares.numel()

    _watch(model, sources, targets, compare)
    return {name: wrong[name] / whole[name] for name in whole}


def _watch(
    model: Model,
    sources: Encoded,
    targets: Encoded,
    look: Callable[[str, nn.Linear, Tensor], None],
) -> None:
    """Run the model on pairs, and look at what enters each linear layer."""

    def hook(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        return lambda layer, inputs: look(name, layer, inputs[0])

    hooks = [
        module.register_forward_pre_hook(hook(name))
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
        for each in hooks:
            each.remove()


def pieces_of(
    tokenizer: Tokenizer,
    texts: Mapping[str, Iterable[str]],
    pad: int = PAD,
    least: int = 1,
    most: float | None = None,
) -> dict[str, NDArray[np.uint16]]:
    """The ids that each language's texts are written with: the columns of its output layer.

    Bytes and single characters are always among them, so that nothing is impossible to write;
    special tokens and target tags never, but for the end token. All are padded to one width.

    Args:
        tokenizer: of the model.
        texts: by language.
        pad: id of what rows are filled up with.
        least: how often a piece must occur; words of rarer ones are spelled by shorter pieces.
        most: share of the vocabulary that the layers may be as wide as; where more pieces occur,
            one does without the rarest.
    """
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    never = {vocabulary[text] for text in (*SPECIAL, *PLACEHOLDERS) if text in vocabulary}
    never |= {number for text, number in vocabulary.items() if text.startswith(">>")}
    always = {END} | {
        number
        for text, number in vocabulary.items()
        if len(text.lstrip("▁")) <= 1 or text.startswith("<0x")
    }
    needed = always - never | {END}
    placeholders = [vocabulary[text] for text in PLACEHOLDERS if text in vocabulary]
    room = None
    if most is not None:
        width = int(most * len(vocabulary)) // WIDTH_MULTIPLE * WIDTH_MULTIPLE
        room = max(width - len(needed) - len(placeholders), 0)
    found: dict[str, list[int]] = {}
    for language, lines in texts.items():
        counts: Counter[int] = Counter()
        for encoding in tokenizer.encode_batch_fast(list(lines)):
            counts.update(encoding.ids)
        often = [number for number, count in counts.most_common() if count >= least]
        others = [number for number in often if number not in needed | never]
        found[language] = sorted({*others[:room]} | needed)
    return _one_width(found, placeholders, pad)


def all_pieces(
    tokenizer: Tokenizer, languages: Sequence[str], pad: int
) -> dict[str, NDArray[np.uint16]]:
    """Every id but padding and target tags, for a model whose training texts are not at hand."""
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    placeholders = [vocabulary[text] for text in PLACEHOLDERS if text in vocabulary]
    never = {number for text, number in vocabulary.items() if text.startswith(">>")}
    ids = sorted(set(vocabulary.values()) - never - {pad, *placeholders})
    return _one_width(dict.fromkeys(languages, ids), placeholders, pad)


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
