"""The two shapes of models that are served, which differ in little.

Both are post-norm transformers with one embedding for both sides. BART's positions are learned and
begin at the third row, and a norm follows its embeddings; `state_of` brings the weights of both to
one form, in which that norm is all that tells them apart.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    MarianConfig,
    MarianMTModel,
)

Config: TypeAlias = "MarianConfig | BartConfig"
Model: TypeAlias = "MarianMTModel | BartForConditionalGeneration"
Array = NDArray[Any]

BART_OFFSET = 2  # rows before that of the first position, which transformers' BART never reads
POSITIONS = tuple(f"model.{side}.embed_positions.weight" for side in ("encoder", "decoder"))
_SHARED = ("model.encoder.embed_tokens", "model.decoder.embed_tokens", "lm_head")


def state_of(model: Model) -> dict[str, Array]:
    """The state dict as float32 arrays, with positions from the first one on."""
    state = {name: tensor.float().numpy() for name, tensor in model.state_dict().items()}
    if model.config.model_type == "bart":
        state |= {name: state[name][BART_OFFSET:] for name in POSITIONS}
    return state


def model_of(config: Config, weights: Mapping[str, Array]) -> Model:
    """The model whose `state_of` these weights are.

    Args:
        config: of the model.
        weights: the embedding may be there under its first name only.
    """
    import torch

    state = dict(weights)
    for name in _SHARED:
        state[f"{name}.weight"] = state["model.shared.weight"]
    bart = config.model_type == "bart"
    if bart:
        width = np.zeros((BART_OFFSET, config.d_model))
        state |= {name: np.concatenate([width, state[name]]) for name in POSITIONS}
    model = BartForConditionalGeneration(config) if bart else MarianMTModel(config)
    model.load_state_dict(
        {name: torch.from_numpy(value.astype(np.float32)) for name, value in state.items()}
    )
    return model.eval()
