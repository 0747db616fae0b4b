"""A Marian checkpoint, such as those of OPUS-MT: its weights, its vocabulary, its languages.

Its two sentencepiece models and its vocab.json become one tokenizer.json, which `prove_equal`
compares with them on sample text.
"""

import re
from collections.abc import Sequence
from typing import Any

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    normalizers,
    pre_tokenizers,
)
from tokenizers.models import Unigram
from transformers import MarianMTModel, MarianTokenizer

from training.errors import DataError
from training.translation.config import ImportOptions

UNUSED_SCORE = -1e4  # of a piece that only the target side has, so that no source is cut into it
_NAME = re.compile(r"-([a-z]{2,3})-([a-z]{2,3})$")
_TAG = re.compile(r"^>>([a-z]{2,3})<<$")


def convert_tokenizer(slow: MarianTokenizer) -> Tokenizer:
    """One tokenizer over the checkpoint's ids, cut like its source-side sentencepiece model.

    Args:
        slow: `transformers`' own, with both sentencepiece models.
    """
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto.FromString(slow.spm_source.serialized_model_proto())
    scores = {piece.piece: piece.score for piece in proto.pieces if piece.type == piece.NORMAL}
    size = max(slow.encoder.values()) + 1
    named = {number: text for text, number in slow.encoder.items()}
    pieces = [named.get(number, f"<unused{number}>") for number in range(size)]
    tokenizer = Tokenizer(
        Unigram(
            [(piece, scores.get(piece, UNUSED_SCORE)) for piece in pieces],
            unk_id=slow.unk_token_id,
        )
    )
    steps: list[Any] = [normalizers.Replace(Regex(" {2,}"), " ")]
    if proto.normalizer_spec.precompiled_charsmap:
        steps.insert(0, normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap))
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
    special = [slow.eos_token, slow.unk_token, slow.pad_token]
    special += [text for text in slow.encoder if _TAG.match(text)]
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    return tokenizer


def prove_equal(slow: MarianTokenizer, fast: Tokenizer, lines: Sequence[str]) -> None:
    """Compare both tokenizers on every line.

    Raises:
        DataError: on the first difference.
    """
    for line in lines:
        wanted = slow(line).input_ids[:-1]
        found = fast.encode(line).ids
        if wanted != found:
            raise DataError(
                f"The converted vocabulary cuts {line!r} into {fast.encode(line).tokens}, the "
                f"checkpoint's into {slow.convert_ids_to_tokens(wanted)}: this checkpoint cannot "
                "be imported."
            )


def load(name: str) -> tuple[MarianMTModel, MarianTokenizer]:
    """The checkpoint of a hub id or folder.

    Raises:
        DataError: it is no Marian checkpoint, or its embeddings are not one table.
    """
    try:
        slow = MarianTokenizer.from_pretrained(name)
        model = MarianMTModel.from_pretrained(name).eval()
    except (OSError, ValueError, TypeError) as error:
        raise DataError(
            f"{name} is neither a folder nor a hub id of a Marian checkpoint that transformers "
            f"can load (source.spm, target.spm, vocab.json and weights): {error}"
        ) from error
    if not model.config.share_encoder_decoder_embeddings:
        raise DataError(f"{name} has an embedding for each side; only a shared one can be served.")
    return model, slow


def languages_of(
    options: ImportOptions, slow: MarianTokenizer
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Source and target codes: the options', the tags', the tokenizer's or the name's.

    Raises:
        DataError: none of them says.
    """
    named = _NAME.search(options.model.rstrip("/"))
    source = options.source or slow.source_lang or (named and named[1])
    tags = tuple(match[1] for match in map(_TAG.match, slow.encoder) if match)
    single = slow.target_lang or (named and named[2])
    targets = options.target or tags or ((single,) if single else ())
    if not source or not targets:
        raise DataError("The checkpoint does not say its languages: give --source and --target.")
    if tags and not set(targets) <= set(tags):
        raise DataError(f"--target must be of the checkpoint's tags: {', '.join(tags)}")
    return (source,), targets
