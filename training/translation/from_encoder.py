"""A BART whose encoder is a pretrained one, with a vocabulary of the pieces that it knows.

The shape is BERT's: norms after the sums, GELU, learned positions, a norm after the embedding.
The decoder's layers are new; its embedding, positions and that norm are the encoder's.
"""

import json

import torch
from tokenizers import Tokenizer
from transformers import BartConfig, BartForConditionalGeneration, BertModel

from training.base import E5_LAYERS
from training.base.encoders import (
    BYTE_ROW,
    BYTE_SCORE,
    BYTES,
    E5,
    HERE,
    PAD,
    SPECIAL,
    Encoder,
    chat_tokenizer,
    load_encoder,
)
from training.errors import DataError
from training.translation import vocabulary
from training.translation.placeholder_rows import give_placeholders
from training.translation.shapes import BART_OFFSET

START, END, UNKNOWN = map(SPECIAL.index, ("<s>", "</s>", "<unk>"))
ROWS = HERE / "e5_rows.json"  # which of its pieces are kept
DECODER_LAYERS = 2
HEAD_WIDTH = 64  # of the decoder: fewer, wider heads than the encoder's 32 are quicker in a step
BYTE_SPREAD, TAG_SPREAD = 0.02, 0.05  # of rows that all start from one
LAST_NORM = 0.15  # E5's embeddings are long: else the first logits would be huge
_SAME = (
    ("attention.self.query", "self_attn.q_proj"),
    ("attention.self.key", "self_attn.k_proj"),
    ("attention.self.value", "self_attn.v_proj"),
    ("attention.output.dense", "self_attn.out_proj"),
    ("attention.output.LayerNorm", "self_attn_layer_norm"),
    ("intermediate.dense", "fc1"),
    ("output.dense", "fc2"),
    ("output.LayerNorm", "final_layer_norm"),
)


def new_translator(
    base: str, languages: tuple[str, ...]
) -> tuple[BartForConditionalGeneration, Tokenizer]:
    """A model to be trained.

    Args:
        base: `E5`, or a hub id or folder of multilingual-e5-small.
        languages: codes that get a target tag.

    Raises:
        DataError: the base cannot be loaded, or is not one that this is made for.
    """
    encoder = load_encoder(base)
    return from_encoder(encoder if base == E5 else cut(encoder, base), languages)


def cut(encoder: Encoder, base: str, layers: int = E5_LAYERS) -> Encoder:
    """The lower layers of a whole encoder, with the pieces that `load_e5` keeps.

    Raises:
        DataError: it has another vocabulary, or fewer layers.
    """
    bert, kept = encoder.bert, json.loads(ROWS.read_text())
    pieces = vocabulary.scored_pieces(encoder.tokenizer)
    if len(pieces) <= max(kept) or bert.config.num_hidden_layers < layers:
        raise DataError(
            f"--base {base} has {len(pieces):,} pieces and {bert.config.num_hidden_layers} layers; "
            f"give {E5}, which is multilingual-e5-small, or a hub id or folder of that model."
        )
    rows = torch.tensor([*range(len(SPECIAL)), *[BYTE_ROW] * len(BYTES), *kept])
    bert.set_input_embeddings(
        torch.nn.Embedding.from_pretrained(bert.get_input_embeddings().weight[rows].detach())
    )
    bert.encoder.layer = bert.encoder.layer[:layers]
    bert.config.num_hidden_layers, bert.config.vocab_size = layers, len(rows)
    head = [*((text, 0.0) for text in SPECIAL), *((text, BYTE_SCORE) for text in BYTES)]
    return Encoder(bert, chat_tokenizer(head + [pieces[row] for row in kept]), encoder.centred)


def from_encoder(
    encoder: Encoder, languages: tuple[str, ...]
) -> tuple[BartForConditionalGeneration, Tokenizer]:
    """The same of an encoder with the layout of `training.base.encoders.load_e5`."""
    pieces, rows = _pieces(encoder.tokenizer, languages)
    tokenizer = vocabulary.of_pieces(pieces, languages)
    bert = encoder.bert
    model = BartForConditionalGeneration(_config(bert, len(pieces)))
    with torch.no_grad():
        words = bert.embeddings.word_embeddings.weight[rows].clone()  # (V, H)
        special = len(vocabulary.SPECIAL)
        tags = slice(special, special + len(languages))
        octets = slice(tags.stop, tags.stop + len(BYTES))
        for part, spread in ((tags, TAG_SPREAD), (octets, BYTE_SPREAD)):
            words[part] += spread * torch.randn_like(words[part])
        model.model.shared.weight.copy_(words)
        _take_over(bert, model)
        model.model.decoder.layers[-1].final_layer_norm.weight.mul_(LAST_NORM)
    return model, give_placeholders(model, tokenizer, {})


def _pieces(
    tokenizer: Tokenizer, languages: tuple[str, ...]
) -> tuple[list[tuple[str, float]], torch.Tensor]:
    """Pieces of the translation model, and for each the encoder's row that it starts from."""
    scored = vocabulary.scored_pieces(tokenizer)
    first = len(SPECIAL) + len(BYTES)
    pieces = vocabulary.head_pieces(languages) + scored[first:]
    rows = [END, UNKNOWN, PAD, *[START] * len(languages), *[BYTE_ROW] * len(BYTES)]
    return pieces, torch.tensor([*rows, *range(first, len(scored))])


def _config(bert: BertModel, tokens: int) -> BartConfig:
    shape = bert.config
    width, feed = shape.hidden_size, shape.intermediate_size
    return BartConfig(
        vocab_size=tokens,
        d_model=width,
        encoder_layers=shape.num_hidden_layers,
        decoder_layers=DECODER_LAYERS,
        encoder_attention_heads=shape.num_attention_heads,
        decoder_attention_heads=max(1, width // HEAD_WIDTH),
        encoder_ffn_dim=feed,
        decoder_ffn_dim=feed,
        activation_function="gelu",
        max_position_embeddings=shape.max_position_embeddings,
        scale_embedding=False,
        pad_token_id=vocabulary.PAD,
        bos_token_id=vocabulary.END,
        eos_token_id=vocabulary.END,
        decoder_start_token_id=vocabulary.PAD,
        forced_eos_token_id=None,
        forced_bos_token_id=None,
        tie_word_embeddings=True,
    )


def _take_over(bert: BertModel, model: BartForConditionalGeneration) -> None:
    """Give the model what it has in common with the encoder."""
    embeddings = bert.embeddings
    positions = embeddings.position_embeddings.weight + embeddings.token_type_embeddings.weight[0]
    for side in (model.model.encoder, model.model.decoder):
        side.embed_positions.weight[BART_OFFSET:].copy_(positions)
        side.layernorm_embedding.load_state_dict(embeddings.LayerNorm.state_dict())
    for old, new in zip(bert.encoder.layer, model.model.encoder.layers, strict=True):
        for before, after in _SAME:
            new.get_submodule(after).load_state_dict(old.get_submodule(before).state_dict())
