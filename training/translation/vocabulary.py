"""The joint vocabulary: ids with a fixed meaning, target tags, placeholders."""

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import Unigram
from tokenizers.trainers import UnigramTrainer

from functions.translation.contract import PLACEHOLDERS
from training.errors import DataError

END, UNKNOWN, PAD = 0, 1, 2  # PAD is also the decoder's first token

OCTETS = 256
OCTET_PIECES = [f"<0x{value:02X}>" for value in range(OCTETS)]
OCTET_SCORE = -25.0  # below that of any piece of a pretrained vocabulary
SPECIAL = ("</s>", "<unk>", "<pad>")


def tag(language: str) -> str:
    """The token that tells the model which language to write."""
    return f">>{language}<<"


def check_tags(tokenizer: Tokenizer, languages: Iterable[str]) -> None:
    """Refuse a vocabulary without the tags of these target languages.

    Raises:
        DataError: naming the first that is missing.
    """
    for language in languages:
        if tokenizer.token_to_id(tag(language)) is None:
            raise DataError(
                f"The vocabulary has no token {tag(language)}. Train from nothing (without "
                "--base), or continue from a model that was made for this language."
            )


def with_placeholders(tokenizer: Tokenizer) -> Tokenizer:
    """Add the placeholder tokens, and keep spaces around them as they are in the text."""
    space = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [space, pre_tokenizers.Digits(individual_digits=True)]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first")]
    )
    tokenizer.add_special_tokens(
        [AddedToken(text, special=True, normalized=False) for text in PLACEHOLDERS]
    )
    return tokenizer


def load(folder: Path) -> Tokenizer:
    """The tokenizer of a model folder, with placeholders."""
    return with_placeholders(Tokenizer.from_file(str(folder / "tokenizer.json")))


def head_pieces(languages: Iterable[str]) -> list[tuple[str, float]]:
    """What comes before a vocabulary's own pieces: special ones, target tags, bytes."""
    named = [*SPECIAL, *(tag(language) for language in languages)]
    return [(text, 0.0) for text in named] + [(text, OCTET_SCORE) for text in OCTET_PIECES]


def scored_pieces(tokenizer: Tokenizer) -> list[tuple[str, float]]:
    """Pieces of a Unigram vocabulary with their scores, by id."""
    return [
        (text, float(score)) for text, score in json.loads(tokenizer.to_str())["model"]["vocab"]
    ]


def of_pieces(pieces: list[tuple[str, float]], languages: Iterable[str]) -> Tokenizer:
    """A vocabulary of given pieces, cut as `train`'s are; without placeholders.

    Args:
        pieces: (text, score) of each; `head_pieces` of the languages first.
        languages: codes that have a target tag.
    """
    tokenizer = Tokenizer(Unigram(pieces, unk_id=UNKNOWN, byte_fallback=True))
    _cut_at_spaces(tokenizer)
    named = [*SPECIAL, *(tag(language) for language in languages)]
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in named])
    return tokenizer


def _cut_at_spaces(tokenizer: Tokenizer) -> None:
    """Spaces are one, and part of the word behind them; each digit is a piece of its own."""
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    space = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [space, pre_tokenizers.Digits(individual_digits=True)]
    )


def train(texts: Iterable[str], size: int, languages: Iterable[str]) -> Tokenizer:
    """A Unigram tokenizer (Kudo, 2018, arXiv:1804.10959) with byte fallback and single digits.

    Args:
        texts: of all languages, in the share that the vocabulary should have.
        size: pieces, without the placeholders.
        languages: codes that get a target tag.
    """
    tokenizer = Tokenizer(Unigram())
    _cut_at_spaces(tokenizer)
    named = [*SPECIAL, *(tag(language) for language in languages)]
    trainer = UnigramTrainer(
        vocab_size=size - OCTETS, special_tokens=named, unk_token=SPECIAL[UNKNOWN]
    )
    tokenizer.train_from_iterator(texts, trainer)
    return with_placeholders(_with_byte_fallback(tokenizer))


def _with_byte_fallback(tokenizer: Tokenizer) -> Tokenizer:
    """Spell characters outside the vocabulary as UTF-8 bytes, which the trainer cannot add."""
    state = json.loads(tokenizer.to_str())
    model = state["model"]
    lowest = min(score for _, score in model["vocab"]) - 10
    model["vocab"] += [[text, lowest] for text in OCTET_PIECES]
    model["byte_fallback"] = True
    return Tokenizer.from_str(json.dumps(state))
