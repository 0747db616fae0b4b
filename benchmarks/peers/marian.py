"""The served translation model's weights as a `transformers` model, for the peers to run.

The int8 weights are multiplied out, so every peer computes with the same numbers, and nothing but
the repository is needed.
"""

from pathlib import Path

from tokenizers import Tokenizer

from shared.models.folder import TOKENIZER_FILE
from shared.models.spec import ModelSpec, read_spec
from training.translation.served import read_served
from training.translation.shapes import Model, model_of


def load(folder: Path) -> tuple[Model, Tokenizer, ModelSpec]:
    """Model, tokenizer and spec of a served folder."""
    served = read_served(folder)
    model = model_of(served.config, served.weights)
    return model, Tokenizer.from_file(str(folder / TOKENIZER_FILE)), read_spec(folder)
