"""A sentencepiece vocabulary as tokenizer.json, proved to cut sample text in the same way.

Placeholders get numbers behind the vocabulary's. The model knows nothing of them; `standins` tells
what it takes them for.
"""

from collections.abc import Sequence
from pathlib import Path

from sentencepiece import SentencePieceProcessor, sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import Unigram

from functions.translation.contract import PLACEHOLDERS
from training.errors import DataError

END, UNKNOWN = 0, 1
_IN_NO_TEXT = "\0"  # which normalization takes out of any text
_OPENING = "(\\[{¿¡\u201c\u2018«"  # brackets and marks that no space follows
_UNIGRAM, _NORMAL, _USER_DEFINED = 1, 1, 4


def read_vocabulary(path: Path) -> SentencePieceProcessor:
    """Read a vocabulary.

    Raises:
        DataError: it is no sentencepiece model, or one that Firefox's models do not have.
    """
    try:
        pieces = SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        raise DataError(f"{path} is no sentencepiece vocabulary: {error}") from error
    proto = sentencepiece_model_pb2.ModelProto.FromString(pieces.serialized_model_proto())
    if proto.trainer_spec.model_type != _UNIGRAM or proto.trainer_spec.byte_fallback:
        raise DataError(f"{path}: only unigram vocabularies without byte fallback are served.")
    if (pieces.eos_id(), pieces.unk_id()) != (END, UNKNOWN):
        raise DataError(
            f"{path}: the end and the unknown piece must be {END} and {UNKNOWN}; they are "
            f"{pieces.eos_id()} and {pieces.unk_id()}."
        )
    return pieces


def convert(pieces: SentencePieceProcessor) -> Tokenizer:
    """The same vocabulary for `tokenizers`, with placeholders behind it.

    A placeholder stands for a word: it is written with a space before it, unless it is the first
    or comes after an opening bracket or quotation mark.
    """
    proto = sentencepiece_model_pb2.ModelProto.FromString(pieces.serialized_model_proto())
    known = _NORMAL, _USER_DEFINED
    lowest = min(piece.score for piece in proto.pieces)
    scores = [
        (p.piece, p.score) if p.type in known else (f"{_IN_NO_TEXT}{p.piece}", lowest)
        for p in proto.pieces
    ]
    tokenizer = Tokenizer(Unigram(scores, unk_id=UNKNOWN))
    steps = [normalizers.Replace(Regex(" {2,}"), " "), normalizers.Strip(left=False)]
    if proto.normalizer_spec.precompiled_charsmap:
        steps.insert(0, normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap))
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    opening = PLACEHOLDERS[0][0]
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace(opening, f"▁{opening}"),
            decoders.Metaspace(prepend_scheme="first"),
            decoders.Fuse(),
            decoders.Replace(Regex(rf"(?<=[{_OPENING}]) (?={opening})"), ""),
        ]
    )
    tokenizer.add_tokens([AddedToken(text, lstrip=True, normalized=False) for text in PLACEHOLDERS])
    return tokenizer


def prove_equal(pieces: SentencePieceProcessor, fast: Tokenizer, lines: Sequence[str]) -> None:
    """Compare both on every line, and what they make of the pieces again.

    Raises:
        DataError: on the first difference.
    """
    for line in lines:
        text = " ".join(line.split())
        wanted, found = pieces.encode(text), fast.encode(text)
        if wanted != found.ids:
            raise DataError(
                f"The converted vocabulary cuts {text!r} into {found.tokens}, sentencepiece into "
                f"{pieces.encode(text, out_type=str)}: this model cannot be imported."
            )
        spelled = fast.decode(wanted, skip_special_tokens=False)
        if UNKNOWN not in wanted and spelled != pieces.decode(wanted):
            raise DataError(f"The converted vocabulary spells the pieces of {text!r} otherwise.")
