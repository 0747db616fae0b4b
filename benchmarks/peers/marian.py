"""The served translation model's weights as a `transformers` model, for the peers to run.

The int8 weights are multiplied out, so every peer computes with the same numbers, and nothing but
the repository is needed.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import MarianMTModel

from shared.models.folder import TOKENIZER_FILE
from shared.models.spec import ModelSpec, read_spec
from training.translation.served import read_served


def load(folder: Path) -> tuple[MarianMTModel, Tokenizer, ModelSpec]:
    """Model, tokenizer and spec of a served folder."""
    served = read_served(folder)
    state: dict[str, NDArray[Any]] = dict(served.weights)
    for name in ("model.encoder.embed_tokens", "model.decoder.embed_tokens", "lm_head"):
        state[f"{name}.weight"] = state["model.shared.weight"]
    model = MarianMTModel(served.config)
    model.load_state_dict(
        {name: torch.from_numpy(value.astype(np.float32)) for name, value in state.items()}
    )
    return model.eval(), Tokenizer.from_file(str(folder / TOKENIZER_FILE)), read_spec(folder)
