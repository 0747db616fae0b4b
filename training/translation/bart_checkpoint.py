"""A BART checkpoint for all directions of its target tags: its weights, vocabulary, languages."""

import re
from pathlib import Path

from tokenizers import Tokenizer
from transformers import BartForConditionalGeneration, PreTrainedTokenizerFast

from shared.models.folder import TOKENIZER_FILE
from training.errors import DataError
from training.translation.config import ImportOptions
from training.translation.vocabulary import tag

_TAG = re.compile(r"^>>([a-z]{2,3})<<$")


def load(name: str) -> tuple[BartForConditionalGeneration, Tokenizer]:
    """Model and tokenizer of a folder or hub id.

    Raises:
        DataError: it is no BART checkpoint, has another count of embeddings than of tokens, or no
            target tags.
    """
    try:
        model = BartForConditionalGeneration.from_pretrained(name).float().eval()
        tokenizer = _tokenizer(name)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{name} is neither a folder nor a hub id of a BART checkpoint with config.json, "
            f"weights and tokenizer.json: {error}"
        ) from error
    size = tokenizer.get_vocab_size(with_added_tokens=True)
    if size != model.config.vocab_size:
        raise DataError(
            f"{name} has {model.config.vocab_size} embeddings, but its tokenizer.json has {size} "
            "tokens."
        )
    return model, tokenizer


def _tokenizer(name: str) -> Tokenizer:
    path = Path(name) / TOKENIZER_FILE
    if path.exists():
        return Tokenizer.from_file(str(path))
    return PreTrainedTokenizerFast.from_pretrained(name).backend_tokenizer


def languages_of(
    options: ImportOptions, tokenizer: Tokenizer
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Source and target codes: the options', or every tag's for both.

    Raises:
        DataError: there are no tags, or none for a target that is asked for.
    """
    matches = [_TAG.match(text) for text in tokenizer.get_vocab(with_added_tokens=True)]
    tags = tuple(sorted(match[1] for match in matches if match))
    if not tags:
        raise DataError(
            "The vocabulary has no target tags, such as >>de<<: a BART checkpoint must be told "
            "by one what to write."
        )
    unknown = [code for code in options.target if tokenizer.token_to_id(tag(code)) is None]
    if unknown:
        raise DataError(f"--target must be one of the checkpoint's tags: {', '.join(tags)}")
    return (options.source,) if options.source else tags, options.target or tags
