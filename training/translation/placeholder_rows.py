"""Rows of a model for placeholders that its vocabulary lacks.

A model that was trained without them is given the embedding of a word for each: a name that it
copies from the source to the translation, wherever it stands.
"""

from collections.abc import Iterable, Mapping, Sequence

import torch
from tokenizers import Tokenizer
from transformers import BartForConditionalGeneration

from functions.translation.contract import PLACEHOLDERS
from training.errors import DataError
from training.translation.firefox.standins import NAMES
from training.translation.vocabulary import with_placeholders

_PREFERENCE = 1e-3  # of a placeholder over the word that it is taken for


def give_placeholders(
    model: BartForConditionalGeneration, plain: Tokenizer, lines: Mapping[str, Iterable[str]]
) -> Tokenizer:
    """A vocabulary with all placeholders, and rows of the model for those that it lacked.

    Args:
        model: is changed in place.
        plain: its vocabulary.
        lines: sample text by language, which must be cut as before.

    Raises:
        DataError: the vocabulary has not enough names, or cuts a line otherwise.
    """
    tokenizer = with_placeholders(Tokenizer.from_str(plain.to_str()))
    for line in (line for texts in lines.values() for line in texts):
        if plain.encode(line).ids != tokenizer.encode(line).ids:
            raise DataError(
                f"With placeholders the vocabulary cuts {line!r} into "
                f"{tokenizer.encode(line).tokens}, without them into {plain.encode(line).tokens}: "
                "its tokenizer.json must cut at spaces (Metaspace) and single digits only."
            )
    count = tokenizer.get_vocab_size(with_added_tokens=True) - model.config.vocab_size
    if count:
        _add_rows(model, _names(plain)[:count], count)
    return tokenizer


def _names(tokenizer: Tokenizer) -> list[int]:
    """Ids of the names that placeholders are taken for."""
    ids = (tokenizer.token_to_id(f"▁{name}") for name in NAMES)
    return [number for number in ids if number is not None]


def _add_rows(model: BartForConditionalGeneration, names: Sequence[int], count: int) -> None:
    if len(names) < count:
        raise DataError(
            f"The vocabulary lacks {count} placeholders, such as {PLACEHOLDERS[0]}, and has only "
            f"{len(names)} of the names {', '.join(NAMES)} as pieces, which a model copies: "
            "continue its training with this project, which adds them."
        )
    known = model.config.vocab_size
    model.resize_token_embeddings(known + count, mean_resizing=False)
    with torch.no_grad():
        rows = model.model.shared.weight  # (V, H)
        rows[known:] = rows[list(names)]
        model.final_logits_bias[0, known:] = _PREFERENCE
